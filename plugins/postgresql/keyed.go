package postgresql

import (
	"encoding/json"

	"weft/plugins"
)

var _ plugins.Keyed = (*Reader)(nil)

// Key implements plugins.Keyed: the key by which the split was planned, if
// it is unique: another tells no rows apart.
func (r *Reader) Key(s plugins.Split) []string {
	var p piece
	if json.Unmarshal(s.Data, &p) != nil || !p.Ordered {
		return nil
	}
	var names []string
	for _, c := range p.Key {
		names = append(names, c.Name)
	}
	return names
}
