package stream

import (
	_ "embed"
	"fmt"
	"io"
	"sync"

	"weft/plugins"
)

//go:embed sample.json
var sample string

// Plugins returns the plugins of this package: "stream", which reads and
// writes, and the writers "print" and "null". What is printed goes to out, in
// whole lines; out is not used by two writers at once.
func Plugins(out io.Writer) []plugins.Plugin {
	out = &shared{w: out}
	stream := plugins.Plugin{
		Name:            "stream",
		Summary:         "generates rows; prints or drops rows",
		Sample:          sample,
		NewReaderConfig: func() plugins.Config { return &ReaderConfig{} },
		NewReader:       newReaderOf,
	}
	withWriter(&stream, out, nil)
	yes, no := true, false
	show := plugins.Plugin{Name: "print", Summary: "prints rows to standard output", Sample: sample}
	withWriter(&show, out, &yes)
	drop := plugins.Plugin{Name: "null", Summary: "drops rows", Sample: sample}
	withWriter(&drop, out, &no)
	return []plugins.Plugin{stream, show, drop}
}

// withWriter gives the plugin its writer side; prints is the default of print,
// nil for the dialect's.
func withWriter(p *plugins.Plugin, out io.Writer, prints *bool) {
	p.NewWriterConfig = func() plugins.Config {
		if prints == nil {
			return &WriterConfig{}
		}
		own := *prints // decoding a job writes to what is behind the pointer
		return &WriterConfig{Print: &own}
	}
	p.NewWriter = func(c plugins.Config, s plugins.Setup) (plugins.Writer, error) {
		config, ok := c.(*WriterConfig)
		if !ok {
			return nil, fmt.Errorf("make stream writer: config is a %T", c)
		}
		return newWriter(config, s, out), nil
	}
}

func newReaderOf(c plugins.Config, s plugins.Setup) (plugins.Reader, error) {
	config, ok := c.(*ReaderConfig)
	if !ok {
		return nil, fmt.Errorf("make stream reader: config is a %T", c)
	}
	return newReader(config, s)
}

// shared lets writers of many slots print whole lines.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}
