package mysql

import (
	_ "embed"

	"weft/plugins"
)

//go:embed sample.json
var sample string

// Plugin returns the plugin for plugins/all.
func Plugin() plugins.Plugin {
	return plugins.Plugin{
		Name:            "mysql",
		Summary:         "reads and writes tables of MySQL and MariaDB",
		Sample:          sample,
		NewReaderConfig: newConfig,
		NewReader:       NewReader,
		NewWriterConfig: newWriterConfig,
		NewWriter:       NewWriter,
	}
}
