package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/internal/verify"
	"weft/plugins"
)

func newVerifyCommand(e *env) *cobra.Command {
	var home homeFlags
	cmd := &cobra.Command{
		Use:   "verify RUN",
		Short: "Read a run's target back and compare it with what was written",
		Long: `Reads each unit of a run back from its target and compares its rows, and the
order-independent sum of their hashes, with what the journal says was written.
Where they differ, the source is read again and up to 20 rows that only one side
has are shown. Nothing is changed.

The exit code is 4 if anything differs. It works as long as the run folder is
there: weft clean ends it. A run with "verify": "off" kept no hashes.`,
		Example: "  weft verify orders-2026-03-01",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return e.atHome(cmd.Context(), list[0], &home, e.verifyRun)
		},
	}
	home.add(cmd)
	return cmd
}

// verified is what the verb prints with -o json.
type verified struct {
	RunID    string `json:"run_id"`
	State    string `json:"state"` // verified or mismatch
	ExitCode int    `json:"exit_code"`
	*verify.Report
}

// verifyRun compares and tells.
func (e *env) verifyRun(ctx context.Context, folder checkpoint.Folder, run string) error {
	o, err := e.comparison(ctx, folder, run)
	if err != nil {
		return err
	}
	report, err := verify.Run(ctx, *o)
	if errors.Is(err, plugins.ErrNotReadable) {
		problem := fault.New(fault.CodeUsage, "verify "+run, err)
		problem.Hint = "rows were counted while they moved; compare the target with the source by its own means"
		return problem
	}
	if err != nil {
		return err
	}
	v := verified{RunID: run, State: "verified", Report: report}
	if len(report.Mismatches) > 0 {
		v.State, v.ExitCode = "mismatch", fault.ExitMismatch
	}
	if err := e.tellVerified(v); err != nil {
		return err
	}
	if v.ExitCode != fault.ExitOK {
		return quiet(v.ExitCode)
	}
	return nil
}

// comparison reads from the run folder what there is to compare.
func (e *env) comparison(ctx context.Context, folder checkpoint.Folder, run string) (*verify.Options, error) {
	spec, err := e.stored(ctx, folder, run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unknownRun(run, fmt.Errorf("there is no run folder %s", folder.Dir), "weft list --all shows the runs that YARN knows; --staging DIR looks elsewhere")
	}
	if err != nil {
		return nil, err
	}
	if spec.Setting.Verify == job.VerifyOff {
		return nil, fault.New(fault.CodeUsage, "verify "+run, errors.New(`the job says "verify": "off", so that no hashes were kept`))
	}
	plan, err := folder.Plan(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.CodeUsage, "verify "+run, errors.New("it has not even been planned"))
	}
	if err != nil {
		return nil, err
	}
	state, err := checkpoint.Look(ctx, folder)
	if err != nil {
		return nil, err
	}
	return &verify.Options{Spec: spec, Run: run, Plan: plan, Registry: e.registry, Units: state.Units(len(plan.Splits))}, nil
}

func (e *env) tellVerified(v verified) error {
	if e.output == "json" {
		return e.object(v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s: %d units, %d rows, hash %s\n", strings.ToUpper(v.State), v.RunID, v.Units, v.Rows, v.Hash)
	for _, m := range v.Mismatches {
		fmt.Fprintf(&b, "unit %d of split %d: %d rows written, %d found", m.Unit, m.Split, m.Written, m.Found)
		for _, more := range []string{m.Cause, m.Unexplained} {
			if more != "" {
				fmt.Fprintf(&b, "; %s", more)
			}
		}
		b.WriteByte('\n')
		for _, row := range m.Rows {
			fmt.Fprintf(&b, "  only in the %s: %s\n", row.In, row.Row)
		}
	}
	_, err := fmt.Fprint(e.scrub.Writer(e.stdout), b.String())
	return err
}
