package dirty

import (
	"encoding/json"

	"weft/plugins"
)

// ValueOf renders row i of a batch whose columns nobody has changed.
func ValueOf(columns []plugins.Column, b *plugins.Batch, i int) json.RawMessage {
	return json.RawMessage(plugins.RawOf(columns, b.Columns, i))
}

// SetOriginal puts the original of a row refused on writing into r: what the
// writer kept of it before it changed the batch, or else what stands in the
// batch. A plugin's raw form that is no JSON is kept as text.
func (r *Row) SetOriginal(e plugins.RowError, columns []plugins.Column, b *plugins.Batch) {
	r.Value, r.Raw = nil, ""
	switch {
	case e.Raw == "":
		r.Value = ValueOf(columns, b, e.Index)
	case json.Valid([]byte(e.Raw)):
		r.Value = json.RawMessage(e.Raw)
	default:
		r.Raw = plugins.CutRaw(e.Raw)
	}
}
