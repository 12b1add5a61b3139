// Package all is the explicit list of the systems that this weft can read and
// write: one line each, no registration, no folder of plugins to look into. A
// new system is a new folder below plugins and a new line here.
package all

import (
	"weft/plugins"
	"weft/plugins/hdfs"
	"weft/plugins/mysql"
)

// List returns every plugin. connect is how those that work on files find
// their file systems.
func List(connect hdfs.Connect) []plugins.Plugin {
	return []plugins.Plugin{
		hdfs.New(connect),
		mysql.Plugin(),
	}
}
