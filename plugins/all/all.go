// Package all is the explicit list of the systems that this weft can read and
// write: one line each, no registration, no folder of plugins to look into. A
// new system is a new folder below plugins and a new line here.
package all

import (
	"io"
	"slices"

	"weft/plugins"
	"weft/plugins/csv"
	"weft/plugins/hdfs"
	"weft/plugins/mysql"
	"weft/plugins/postgresql"
	"weft/plugins/stream"
)

// List returns every plugin. connect is how those that work on files find
// their file systems; out gets the rows that are printed.
func List(connect hdfs.Connect, out io.Writer) []plugins.Plugin {
	return slices.Concat(
		csv.Plugins(csv.Connect(connect)),
		[]plugins.Plugin{hdfs.New(connect)},
		[]plugins.Plugin{mysql.Plugin(), postgresql.Plugin()},
		stream.Plugins(out),
	)
}
