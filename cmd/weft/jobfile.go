package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

var errDialect = errors.New("want native, flinkx or datax")

// jobFlags are the flags of every verb that reads a job file.
type jobFlags struct {
	params  []string
	dialect string
	strict  bool
}

func (f *jobFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.params, "param", "p", nil, "value of a variable: name=value")
	flags.StringVar(&f.dialect, "dialect", "", "whose rules the file follows: native, flinkx or datax (found out by itself)")
	flags.BoolVar(&f.strict, "strict", false, "treat warnings as failures, and secrets in clear text too")
}

// loadJob reads a job file ("-" is standard input). What there is to say about
// it is on standard error when it returns.
func (e *env) loadJob(cmd *cobra.Command, path string, f *jobFlags) (*job.Spec, error) {
	spec, found, err := e.readJob(cmd, path, f)
	if err != nil {
		return nil, err
	}
	if err := e.diagnose(path, found); err != nil {
		return nil, err
	}
	return spec, e.settleDirty(spec)
}

// readJob is loadJob without the printing.
func (e *env) readJob(cmd *cobra.Command, path string, f *jobFlags) (*job.Spec, []job.Diagnostic, error) {
	params, err := job.ParseParams(f.params)
	if err != nil {
		return nil, nil, usage(cmd, err)
	}
	o := job.LoadOptions{Params: params, Registry: e.registry, Site: e.site, Strict: f.strict, Getenv: e.lookup,
		Dialect: plugins.Dialect(f.dialect)}
	switch o.Dialect {
	case "", plugins.DialectNative, plugins.DialectFlinkX, plugins.DialectDataX:
	default:
		return nil, nil, usage(cmd, fault.New(fault.CodeUsage, "--dialect "+f.dialect, errDialect))
	}
	if path != "-" {
		spec, found := job.Load(path, o)
		return spec, found, nil
	}
	text, err := io.ReadAll(io.LimitReader(e.stdin, 8<<20))
	if err != nil {
		return nil, nil, fault.New(job.CodeUnreadable, "read standard input", err)
	}
	spec, found := job.Parse("standard input", text, o)
	return spec, found, nil
}

// resolve replaces references to secrets by their values, which the scrubber
// knows from here on. The result must not be printed or stored.
func (e *env) resolve(spec *job.Spec) (*job.Spec, error) {
	world := job.TheWorld()
	world.Getenv = e.lookup
	open, secrets, found := spec.Resolve(world)
	e.scrub.Add(secrets...)
	return open, e.diagnose("secrets", found)
}
