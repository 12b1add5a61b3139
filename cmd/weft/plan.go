package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"weft/am/plan"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

func newPlanCommand(e *env) *cobra.Command {
	var flags jobFlags
	cmd := &cobra.Command{
		Use:     "plan JOB",
		Aliases: []string{"explain"},
		Short:   "Show what a job would do, without doing it",
		Long: `Asks both ends and shows splits with their SQL, columns with their types on
both sides, what will become visible and what will be moved away, containers
and memory, and the job's settings with secrets masked. Nothing is changed.`,
		Example: "  weft plan orders.json -p bizdate=20260301",
		GroupID: groupJob,
		Args:    oneJob,
		RunE: func(cmd *cobra.Command, list []string) error {
			spec, err := e.loadJob(cmd, list[0], &flags)
			if err != nil {
				return err
			}
			open, err := e.resolve(spec)
			if err != nil {
				return err
			}
			shown, err := e.planned(cmd.Context(), open)
			if err != nil {
				return err
			}
			shown.Job = spec.Masked()
			if e.output == "json" {
				return e.object(shown)
			}
			return shown.print(e.scrub.Writer(e.stdout))
		},
	}
	flags.add(cmd)
	return cmd
}

// shownPlan is what `plan` shows: the plan and all that is known about it.
type shownPlan struct {
	Job       *job.Spec         `json:"job"`
	Columns   []plugins.Column  `json:"columns"`
	Targets   []plugins.Column  `json:"target_columns"`
	Splits    []shownSplit      `json:"splits"`
	Until     string            `json:"until,omitempty"`
	Remarks   []shownFinding    `json:"remarks"`
	Target    []shownFinding    `json:"target"`
	Size      plan.Size         `json:"size"`
	Guarantee plugins.Guarantee `json:"guarantee"`
	Why       string            `json:"guarantee_why"`
}

type shownSplit struct {
	ID      int    `json:"id"`
	Label   string `json:"label"`
	Rows    int64  `json:"rows"`
	Explain string `json:"explain,omitempty"`
}

type shownFinding struct {
	Grade string `json:"grade"`
	Key   string `json:"key,omitempty"`
	Text  string `json:"message"`
	Hint  string `json:"hint,omitempty"`
}

func shownFindings(list []plugins.Finding) []shownFinding {
	shown := make([]shownFinding, 0, len(list))
	for _, f := range list {
		shown = append(shown, shownFinding{f.Severity.String(), f.Key, f.Text, f.Hint})
	}
	return shown
}

// planned makes the plan of a job whose secrets are resolved, within
// timeout.call for each question that the two ends may be asked.
func (e *env) planned(ctx context.Context, open *job.Spec) (*shownPlan, error) {
	const questions = 4 // describe, map, split, check
	bound := questions * time.Duration(open.Setting.Timeout.Call)
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("no answer within %v (4 times timeout.call)", bound))
	defer cancel()
	made, err := plan.Make(ctx, plan.Options{Spec: open, Run: "plan", Registry: e.registry, Log: e.log})
	if err != nil {
		if ctx.Err() != nil {
			err = fault.New(fault.CodeDeadline, "plan job "+open.Name, fmt.Errorf("%w: %w", context.Cause(ctx), err))
		}
		return nil, err
	}
	shown := &shownPlan{Columns: made.Plan.Columns, Targets: made.Plan.Target, Until: made.Plan.Until, Size: made.Size,
		Remarks: shownFindings(made.Findings), Guarantee: made.Guarantee, Why: made.GuaranteeWhy}
	setup, err := open.Setup("plan", made.Plan.Columns, "")
	if err != nil {
		return nil, err
	}
	setup.Log = e.log
	if shown.Splits, err = e.explain(open, setup, made.Plan.Splits); err != nil {
		return nil, err
	}
	shown.Target, err = e.target(ctx, open, setup)
	return shown, err
}

func (e *env) explain(open *job.Spec, setup plugins.Setup, splits []plugins.Split) ([]shownSplit, error) {
	reader, err := open.Reader.NewReader(e.registry, setup)
	if err != nil {
		return nil, err
	}
	explainer, _ := reader.(plugins.Explainer)
	var shown []shownSplit
	for _, s := range splits {
		one := shownSplit{ID: s.ID, Label: s.Label, Rows: s.Rows}
		if explainer != nil {
			if one.Explain, err = explainer.Explain(s); err != nil {
				break
			}
		}
		shown = append(shown, one)
	}
	if cerr := reader.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close reader: %w", cerr)
	}
	return shown, err
}

// target asks the writer what is there and what will become of it.
func (e *env) target(ctx context.Context, open *job.Spec, setup plugins.Setup) ([]shownFinding, error) {
	writer, err := open.Writer.NewWriter(e.registry, setup)
	if err != nil {
		return nil, err
	}
	var found []plugins.Finding
	if checker, ok := writer.(plugins.Checker); ok {
		found = checker.Check(ctx)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("close writer: %w", err)
	}
	return shownFindings(found), nil
}

// compact returns JSON on lines of its own, for people.
func compact(raw json.RawMessage) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	data, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return string(raw)
	}
	return "  " + string(data)
}
