package textfile

import (
	"fmt"
	"strings"
)

// Policy says what happens to a value that would be read back as something
// else: one that holds a delimiter or line end, or is the NULL marker.
type Policy uint8

// The policies.
const (
	// Refuse makes the row dirty (RowDelimiter). The zero Policy.
	Refuse Policy = iota
	// Escape puts Format.Escape before the special bytes; line ends only
	// with Format.EscapeCRLF, else the row is refused. CSV formats quote
	// whatever the policy.
	Escape
	// Replace puts EncoderOptions.Replacement in the place of each special
	// character, and of a value that is the NULL marker as a whole. The value
	// in the batch changes too, so that hashes tell what was written.
	Replace
)

var policyNames = [...]string{"dirty", "escape", "replace"}

// String returns the policy's name as jobs spell it.
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// ParsePolicy returns the policy that jobs spell as name: dirty, escape or
// replace, in any case; empty is dirty.
func ParsePolicy(name string) (Policy, error) {
	if name == "" {
		return Refuse, nil
	}
	for i, known := range policyNames {
		if strings.EqualFold(name, known) {
			return Policy(i), nil
		}
	}
	return Refuse, fmt.Errorf("unknown policy %q: dirty, escape or replace", name)
}
