package hdfs

import (
	"encoding/json"
	"errors"
	"strings"
)

// Paths is one path or a list of paths. A single text may hold several, parted
// by commas that are not within braces, as FileInputFormat.setInputPaths takes
// them; an element of a list is one path, commas and all.
type Paths []string

// UnmarshalJSON takes "a", "a,b" and ["a", "b"].
func (p *Paths) UnmarshalJSON(data []byte) error {
	var list []string
	if json.Unmarshal(data, &list) == nil {
		*p = list
		return nil
	}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return errors.New("a path is a string or a list of strings")
	}
	*p = cutPaths(text)
	return nil
}

func cutPaths(text string) []string {
	var paths []string
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth <= 0 {
				paths = append(paths, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	return append(paths, strings.TrimSpace(text[start:]))
}
