package hdfs

import (
	_ "embed"
	"fmt"

	"weft/internal/fsys"
	"weft/plugins"
)

//go:embed sample.json
var sample string

// Connect returns the opener for one side of a job: the site's configuration
// with the job's own hadoopConfig laid over it. defaultFS, if not empty, takes
// the place of fs.defaultFS. It does no I/O. The program keeps one opener per
// combination and closes them at its end; plugins never close one.
type Connect func(defaultFS string, hadoopConfig map[string]string) (*fsys.Opener, error)

// New returns the plugin "hdfs", which finds its file systems through connect.
func New(connect Connect) plugins.Plugin {
	return plugins.Plugin{
		Name:            "hdfs",
		Summary:         "reads and writes text files on HDFS or a local disk",
		Sample:          sample,
		NewReaderConfig: func() plugins.Config { return newReaderConfig() },
		NewWriterConfig: func() plugins.Config { return newWriterConfig() },
		NewReader: func(c plugins.Config, s plugins.Setup) (plugins.Reader, error) {
			config, ok := c.(*ReaderConfig)
			if !ok {
				return nil, fmt.Errorf("make hdfs reader: config is a %T", c)
			}
			return newReader(config, s, connect)
		},
		NewWriter: func(c plugins.Config, s plugins.Setup) (plugins.Writer, error) {
			config, ok := c.(*WriterConfig)
			if !ok {
				return nil, fmt.Errorf("make hdfs writer: config is a %T", c)
			}
			return newWriter(config, s, connect)
		},
	}
}
