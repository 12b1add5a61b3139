package main

import (
	"weft/plugins"
	"weft/plugins/all"
)

// builtIns are the plugins of this program, with their file systems wired.
func builtIns(f *files) []plugins.Plugin { return all.List(f.opener) }
