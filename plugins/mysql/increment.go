package mysql

import (
	"weft/internal/sqlread"
	"weft/plugins"
)

// increment is the part of a table that a run of an incremental job reads:
// (From, Until], or [From, Until] where Inclusive. Rows whose column is NULL
// are in no increment.
type increment struct {
	Column sqlread.KeyColumn `json:"column"`
	From   string            `json:"from,omitempty"`
	Until  string            `json:"until,omitempty"`
	// Inclusive: rows equal to From are read, too.
	Inclusive bool `json:"inclusive,omitempty"`
	// None: there is nothing to read.
	None bool `json:"none,omitempty"`
}

func (n increment) condition() []string {
	if n.None {
		return []string{"1 = 0"}
	}
	d, key := dialect(), []sqlread.KeyColumn{n.Column}
	var list []string
	switch {
	case n.From != "" && n.Inclusive:
		list = append(list, d.From(key, sqlread.Tuple{n.From}))
	case n.From != "":
		list = append(list, d.After(key, sqlread.Tuple{n.From}))
	}
	return append(list, d.UpTo(key, sqlread.Tuple{n.Until}))
}

var _ plugins.Incrementer = (*Reader)(nil)
