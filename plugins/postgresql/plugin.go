package postgresql

import (
	_ "embed"

	"weft/plugins"
)

//go:embed sample.json
var sample string

// Plugin returns the plugin for plugins/all.
func Plugin() plugins.Plugin {
	return plugins.Plugin{
		Name:            "postgresql",
		Summary:         "reads tables and queries of PostgreSQL, and writes tables",
		Sample:          sample,
		NewReaderConfig: newConfig,
		NewReader:       NewReader,
		NewWriterConfig: newWriterConfig,
		NewWriter:       NewWriter,
	}
}
