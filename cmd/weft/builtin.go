package main

import (
	"weft/plugins"
	"weft/plugins/all"
)

// builtIns are the plugins of this program, with their file systems wired.
// Rows are printed on standard output, unless that is kept for -o json.
func (e *env) builtIns() []plugins.Plugin {
	out := e.stdout
	if e.output == "json" {
		out = e.stderr
	}
	files := e.files
	if files == nil {
		files = newFiles(e.lookup)
	}
	return all.List(files.opener, out)
}
