package job

import (
	"errors"
	"fmt"
	"time"

	"weft/plugins"
)

// NewReader makes a reader of this side, its settings decoded anew: values do
// not share them. It does no I/O.
func (s Side) NewReader(registry *plugins.Registry, setup plugins.Setup) (plugins.Reader, error) {
	p, ok := registry.Reader(s.Plugin)
	if !ok {
		return nil, s.unknown("reads")
	}
	config := p.NewReaderConfig()
	if err := s.decode(config, setup.Dialect); err != nil {
		return nil, err
	}
	return p.NewReader(config, setup)
}

// NewWriter is NewReader for the writing side.
func (s Side) NewWriter(registry *plugins.Registry, setup plugins.Setup) (plugins.Writer, error) {
	p, ok := registry.Writer(s.Plugin)
	if !ok {
		return nil, s.unknown("writes")
	}
	config := p.NewWriterConfig()
	if err := s.decode(config, setup.Dialect); err != nil {
		return nil, err
	}
	return p.NewWriter(config, setup)
}

func (s Side) unknown(does string) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig,
		Err: fmt.Errorf("no plugin named %q %s", s.Plugin, does)}
}

func (s Side) decode(config plugins.Config, dialect plugins.Dialect) error {
	var errs []error
	for _, d := range Decode(s.Config, config, dialect) {
		if d.Severity == plugins.Fail {
			errs = append(errs, d)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig,
		Op: "settings of " + s.Plugin, Err: errors.Join(errs...)}
}

// Setup is what both sides' plugins are given. Columns and start may be empty:
// before there is a plan.
func (s *Spec) Setup(run string, columns []plugins.Column, start string) (plugins.Setup, error) {
	zone, err := time.LoadLocation(s.Setting.Zone)
	if err != nil {
		return plugins.Setup{}, &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig,
			Op: "time zone " + s.Setting.Zone, Err: err}
	}
	return plugins.Setup{Run: run, Job: s.Name, Channel: s.Setting.Channel, Columns: columns, Dialect: s.Dialect, Zone: zone,
		MaxRowBytes: max(s.Setting.MaxRowBytes, 1), StartLocation: start, Consistency: s.Setting.Consistency}, nil
}
