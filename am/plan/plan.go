package plan

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"weft/internal/job"
	"weft/plugins"
)

// Options say what to plan.
type Options struct {
	// Spec is the job, Run the run id.
	Spec *job.Spec
	Run  string
	// Registry finds the plugins.
	Registry *plugins.Registry
	// StartLocation is where an incremental run starts, exclusive; empty for
	// the first one.
	StartLocation string
	// Log takes life events; nil for none.
	Log *slog.Logger
}

// Made is a plan, and what to know about it.
type Made struct {
	Plan *job.Plan
	// Findings are the writer's about the columns; none is a Fail.
	Findings []plugins.Finding
	// Size is what the run asks of a cluster.
	Size Size
	// Guarantee is the level of delivery, GuaranteeWhy its reason.
	Guarantee    plugins.Guarantee
	GuaranteeWhy string
}

// splitsPerSlot is how many splits are wanted for each slot, so that slots
// finish together though splits differ.
const splitsPerSlot = 4

// Make plans. The error carries a class and a reason; of the findings that made
// it fail, it names all.
func Make(ctx context.Context, o Options) (*Made, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	setup, err := o.Spec.Setup(o.Run, nil, o.StartLocation)
	if err != nil {
		return nil, err
	}
	setup.Log = o.Log
	plan := &job.Plan{Run: o.Run, StartLocation: o.StartLocation}
	made := &Made{Plan: plan}
	if plan.Columns, err = describe(ctx, o, setup); err != nil {
		return nil, err
	}
	setup.Columns = plan.Columns
	writer, err := o.Spec.Writer.NewWriter(o.Registry, setup)
	if err != nil {
		return nil, err
	}
	plan.Target, made.Findings, err = mapColumns(ctx, writer, plan.Columns)
	made.Guarantee, made.GuaranteeWhy = GuaranteeOf(writer)
	if cerr := writer.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close writer: %w", cerr)
	}
	if err != nil {
		return nil, err
	}
	if err := cut(ctx, o, setup, plan); err != nil {
		return nil, err
	}
	made.Size = SizeOf(o.Spec.Setting, len(plan.Splits))
	return made, nil
}

// describe asks the reader for its columns, before there is a plan.
func describe(ctx context.Context, o Options, setup plugins.Setup) (columns []plugins.Column, err error) {
	reader, err := o.Spec.Reader.NewReader(o.Registry, setup)
	if err != nil {
		return nil, err
	}
	defer func() { err = closing(reader, err) }()
	d, ok := reader.(plugins.Describer)
	if !ok {
		return nil, fatal(plugins.ReasonConfig, "describe source: plugin %s cannot tell its columns", o.Spec.Reader.Plugin)
	}
	columns, err = d.Describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("describe source: %w", err)
	}
	if len(columns) == 0 {
		return nil, fatal(plugins.ReasonSchema, "describe source: it has no columns")
	}
	return columns, nil
}

func closing(r plugins.Reader, err error) error {
	if cerr := r.Close(); err == nil && cerr != nil {
		return fmt.Errorf("close reader: %w", cerr)
	}
	return err
}

func fatal(reason plugins.Reason, format string, args ...any) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: reason, Err: fmt.Errorf(format, args...)}
}

// mapColumns asks the writer for the target's columns.
func mapColumns(ctx context.Context, w plugins.Writer, source []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	m, ok := w.(plugins.Mapper)
	if !ok {
		return slices.Clone(source), nil, nil
	}
	target, findings, err := m.Map(ctx, source)
	if err != nil {
		return nil, nil, fmt.Errorf("map columns to the target: %w", err)
	}
	for _, f := range findings {
		if f.Severity == plugins.Fail {
			return nil, nil, &plugins.Error{Class: plugins.Fatal, Reason: orSchema(f.Reason), Hint: f.Hint,
				Op: "map columns to the target", Err: fmt.Errorf("%s", allFails(findings))}
		}
	}
	if len(target) != len(source) {
		return nil, nil, &plugins.Error{Class: plugins.Bug,
			Err: fmt.Errorf("map columns to the target: %d columns for %d", len(target), len(source))}
	}
	return target, findings, nil
}

func orSchema(r plugins.Reason) plugins.Reason {
	if r == plugins.ReasonUnknown {
		return plugins.ReasonSchema
	}
	return r
}

func allFails(findings []plugins.Finding) string {
	text := ""
	for _, f := range findings {
		if f.Severity != plugins.Fail {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += f.Text
	}
	return text
}

// cut fixes the upper end of an incremental run and the splits.
func cut(ctx context.Context, o Options, setup plugins.Setup, plan *job.Plan) (err error) {
	reader, err := o.Spec.Reader.NewReader(o.Registry, setup)
	if err != nil {
		return err
	}
	defer func() { err = closing(reader, err) }()
	if _, ok := reader.(plugins.Snapshotter); !ok && o.Spec.Setting.Consistency == plugins.ConsistencySnapshot {
		return plugins.NoSnapshots(o.Spec.Reader.Plugin)
	}
	if inc, ok := reader.(plugins.Incrementer); ok {
		until, isIncremental, err := inc.Until(ctx)
		if err != nil {
			return fmt.Errorf("find the end of the increment: %w", err)
		}
		if isIncremental {
			plan.Until = until
		}
	}
	splitter, ok := reader.(plugins.Splitter)
	if !ok {
		plan.Splits = []plugins.Split{{Label: "everything", Rows: -1}}
		return nil
	}
	channel := max(o.Spec.Setting.Channel, 1)
	want := channel * splitsPerSlot
	if channel == 1 {
		want = 1
	}
	if plan.Splits, err = splitter.Splits(ctx, want); err != nil {
		return fmt.Errorf("split the source: %w", err)
	}
	for i, s := range plan.Splits {
		if s.ID != i {
			return &plugins.Error{Class: plugins.Bug, Err: fmt.Errorf("split the source: split %d has the id %d", i, s.ID)}
		}
	}
	return nil
}
