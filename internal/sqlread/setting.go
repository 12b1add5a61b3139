package sqlread

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Strings is a setting that job files give as one text or as a list of texts.
// Empty texts mean "not set" and are left out.
type Strings []string

// UnmarshalJSON takes a string, a list of strings or null.
func (s *Strings) UnmarshalJSON(data []byte) error {
	var list []string
	if first(data) == '[' {
		if err := json.Unmarshal(data, &list); err != nil {
			return fmt.Errorf("want a text or a list of texts: %w", err)
		}
	} else {
		var one string
		if err := json.Unmarshal(data, &one); err != nil {
			return fmt.Errorf("want a text or a list of texts: %w", err)
		}
		list = []string{one}
	}
	*s = nil
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" {
			*s = append(*s, text)
		}
	}
	return nil
}

// Text is a setting that job files give as text or as a number:
// startLocation is both 1700000000000 and "2024-01-31 00:00:00".
type Text string

// UnmarshalJSON takes a string, a number or null.
func (t *Text) UnmarshalJSON(data []byte) error {
	var one string
	switch c := first(data); {
	case c == '"' || c == 'n':
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
	case c == '-' || c >= '0' && c <= '9':
		one = string(bytes.TrimSpace(data))
	default:
		return fmt.Errorf("want a text or a number")
	}
	*t = Text(strings.TrimSpace(one))
	return nil
}

func first(data []byte) byte {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return 0
	}
	return data[0]
}
