package job

import (
	"fmt"
	"strings"
)

// Refer returns a copy of s in which every secret is a reference to the
// environment, ${env:WRITER_PASSWORD}, and the names of those variables: what
// may be shown and stored as a job file.
func (s *Spec) Refer() (*Spec, []string, error) {
	var names []string
	seen := make(map[string]bool)
	out, err := s.rewrite(func(pointer, _ string) (string, error) {
		name := strings.Trim(strings.ToUpper(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, pointer)), "_")
		if seen[name] {
			name = fmt.Sprintf("%s_%d", name, len(names))
		}
		seen[name] = true
		names = append(names, name)
		return "${env:" + name + "}", nil
	})
	return out, names, err
}
