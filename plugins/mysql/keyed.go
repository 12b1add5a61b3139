package mysql

import (
	"encoding/json"

	"weft/plugins"
)

var _ plugins.Keyed = (*Reader)(nil)

// Key implements plugins.Keyed: the primary key, as far as the split was planned
// by it. A splitPk that is not unique tells no rows apart.
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
