package main

import (
	"io"
	"os"

	"weft/plugins"
	"weft/plugins/all"
)

// builtIns are the plugins of a process on the cluster; rows are printed to
// its log.
func builtIns(f *files) []plugins.Plugin { return all.List(f.opener, os.Stdout) }

// builtIns are the plugins of the client. Rows are printed on standard output,
// unless that is kept for -o json.
func (e *env) builtIns() []plugins.Plugin {
	files, out := e.files, io.Writer(e.stdout)
	if files == nil {
		files = newFiles(e.lookup)
	}
	if e.output == "json" {
		out = e.stderr
	}
	return all.List(files.opener, out)
}
