package plugins

// Column describes one column of a batch, a source or a target. A plan fixes
// columns once per run; nobody recomputes them.
type Column struct {
	// Name is the column's name as its system spells it.
	Name string `json:"name"`
	// Kind says what the values are.
	Kind Kind `json:"kind"`
	// Precision is the total number of digits of a decimal; 0 if unbounded
	// or not a decimal.
	Precision int `json:"precision,omitempty"`
	// Scale is the number of digits after the point of a decimal, or of
	// fractional seconds (0 to 6) of a time, datetime or timestamp.
	Scale int `json:"scale,omitempty"`
	// Length is the largest number of characters (string) or bytes (bytes),
	// 0 if unbounded or unknown; of an int64 or uint64 it is the width in
	// bytes, 1 to 8, 0 for 8 (a MySQL MEDIUMINT has 3).
	Length int `json:"length,omitempty"`
	// Nullable says that NULL may occur.
	Nullable bool `json:"nullable,omitempty"`
	// SourceType is the declared type in the system's own words, such as
	// "bigint(20) unsigned"; for people and error messages only.
	SourceType string `json:"sourceType,omitempty"`
	// Constant, if not nil, is the text of a value that every row gets
	// instead of one from the source.
	Constant *string `json:"constant,omitempty"`
	// Format is the date pattern the job file gave for this column, as
	// Java's SimpleDateFormat spells it; empty for the canonical form.
	Format string `json:"format,omitempty"`
}
