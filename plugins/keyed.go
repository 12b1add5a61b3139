package plugins

// Keyed is implemented by readers that know which columns tell the rows of a
// split apart. Key names them as Describe does; nil if the split has no such
// columns. It does no I/O and is called before Open, on a value of its own.
type Keyed interface {
	Key(s Split) []string
}
