// Package dirty writes the dirty rows of one unit to a file of its own.
//
// A dirty row belongs to a unit: its file is closed before the unit is sealed,
// the unit's manifest names it, and so the row counts exactly when the unit is
// accepted. The file of a unit that is given up is removed, or stays behind
// unnamed; no reader of dirty rows looks at files that no manifest names.
//
// The files lie in the run folder's dirty/ folder, one JSON object a line:
//
//	dirty/000012-000003-g000001-a02.jsonl   split 12, unit 3, generation 1, attempt 2
//
//	{"split":12,"unit":3,"row":1041,"stage":"write","column":"price",
//	 "code":"overflow","cause":"...","value":{"id":"7","price":"1e99"},"ts":"..."}
//
// Identity of a row is (run, split, unit, row): redoing a unit gives the same.
// The value is the row as the reader delivered it, before any conversion, in
// the form of plugins.RawOf: canonical texts, NULL is null, and a value beyond
// plugins.MaxRawValueBytes is cut.
//
//	files := dirty.New(fs, "/runs/r1/dirty", attempt)
//	err := files.Add(ctx, dirty.Row{...})
//	name, err := files.Close() // "" if there was no row
package dirty
