package csv

import (
	_ "embed"
	"fmt"

	"weft/internal/fsys"
	"weft/plugins"
)

//go:embed sample.json
var sample string

// Connect returns the opener of file systems for a job's locations; defaultFS
// and hadoopConfig lie over the site's own settings. It does no I/O.
type Connect func(defaultFS string, hadoopConfig map[string]string) (*fsys.Opener, error)

// Plugins returns the reader "csv" and the same under DataX's name "txtfile".
func Plugins(connect Connect) []plugins.Plugin {
	csv := plugins.Plugin{
		Name:            "csv",
		Summary:         "reads CSV and other delimited text files",
		Sample:          sample,
		NewReaderConfig: func() plugins.Config { return newConfig(true) },
		NewReader: func(c plugins.Config, s plugins.Setup) (plugins.Reader, error) {
			config, ok := c.(*Config)
			if !ok {
				return nil, fmt.Errorf("make csv reader: config is a %T", c)
			}
			return newReader(config, s, connect), nil
		},
	}
	txtfile := csv
	txtfile.Name = "txtfile"
	txtfile.Summary = "reads delimited text files, with DataX's defaults"
	txtfile.NewReaderConfig = func() plugins.Config { return newConfig(false) }
	return []plugins.Plugin{csv, txtfile}
}
