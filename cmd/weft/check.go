package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

func newCheckCommand(e *env) *cobra.Command {
	var flags jobFlags
	var connect bool
	cmd := &cobra.Command{
		Use:   "check JOB",
		Short: "Find everything wrong with a job before anything is touched",
		Long: `Checks a job file: syntax, keys, types, values, variables, secrets. With
--connect it also asks both ends and the cluster: reach, login, rights, tables,
columns, folders, space, queue, container size. Nothing is changed.

Every line is OK, NOTE, WARN or FAIL; all problems are told at once.`,
		Example: `  weft check orders.json -p bizdate=20260301
  weft check orders.json --connect`,
		GroupID: groupJob,
		Args:    oneJob,
		RunE: func(cmd *cobra.Command, list []string) error {
			c := &checking{env: e, path: list[0]}
			if err := c.offline(cmd, &flags); err != nil {
				return err
			}
			if connect && c.spec != nil {
				if err := c.online(cmd.Context()); err != nil {
					return err
				}
			}
			return c.print()
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&connect, "connect", false, "ask both ends and the cluster too")
	return cmd
}

// line is one thing that was looked at.
type line struct {
	Severity plugins.Severity `json:"-"`
	Grade    string           `json:"grade"`
	Code     string           `json:"code,omitempty"`
	Subject  string           `json:"subject"`
	Text     string           `json:"message"`
	Hint     string           `json:"hint,omitempty"`
}

// checking collects what `check` finds.
type checking struct {
	env         *env
	path        string
	spec        *job.Spec // nil if the job cannot be run
	diagnostics []job.Diagnostic
	lines       []line
}

func (c *checking) add(severity plugins.Severity, code, subject, text, hint string) {
	c.lines = append(c.lines, line{severity, severity.String(), code, subject, text, hint})
}

func (c *checking) finding(subject string, f plugins.Finding) {
	code := ""
	if f.Severity == plugins.Fail {
		code = fault.OfReason(f.Reason)
	}
	text := f.Text
	if f.Key != "" && !strings.Contains(text, f.Key) {
		text = f.Key + ": " + text
	}
	c.add(f.Severity, code, subject, text, f.Hint)
}

func (c *checking) failure(subject string, err error) {
	report := fault.Of(err)
	c.add(plugins.Fail, report.Code, subject, report.Message, report.Hint)
}

func (c *checking) offline(cmd *cobra.Command, flags *jobFlags) error {
	spec, found, err := c.env.readJob(cmd, c.path, flags)
	if err != nil {
		return err
	}
	c.spec, c.diagnostics = spec, found
	if spec == nil {
		c.add(plugins.Fail, "", "job", fmt.Sprintf("%s cannot be run: %s", c.path, counts(found)), "")
		return nil
	}
	c.add(plugins.OK, "", "job", fmt.Sprintf("%s: %s job, %s -> %s", spec.Name, spec.Dialect, spec.Reader.Plugin, spec.Writer.Plugin), "")
	c.add(plugins.OK, "", "job", "error limit: "+limitText(spec.Setting.ErrorLimit), "")
	if err := c.env.settleDirty(spec); err != nil {
		c.failure("job", err)
	}
	return nil
}

// counts says how many failures, warnings and notes there are.
func counts(list []job.Diagnostic) string {
	found := make(map[string]int)
	for _, d := range list {
		found[d.Level()]++
	}
	var parts []string
	for _, level := range []string{"error", "warning", "note"} {
		if n := found[level]; n > 0 {
			parts = append(parts, number(n, level))
		}
	}
	return strings.Join(parts, ", ")
}

// limitText says an error limit in words.
func limitText(l job.ErrorLimit) string {
	var parts []string
	if l.Record == 0 || l.Percentage == 0 {
		return "the first dirty row fails the job"
	}
	if l.Record > 0 {
		parts = append(parts, fmt.Sprintf("above %d", l.Record))
	}
	if l.Percentage > 0 {
		parts = append(parts, fmt.Sprintf("above %v percent of the rows", l.Percentage))
	}
	if len(parts) == 0 {
		return "none, any number of dirty rows is tolerated"
	}
	return "dirty rows fail the job: " + strings.Join(parts, ", or ")
}

// online asks both ends and the cluster, one after the other, each within a
// deadline. It goes on after failures.
func (c *checking) online(ctx context.Context) error {
	open, err := c.env.resolve(c.spec)
	if err != nil {
		return err
	}
	if err := c.ends(ctx, open); err != nil {
		return err
	}
	c.theCluster(ctx, open)
	return ctx.Err()
}

func (c *checking) failed() bool {
	for _, l := range c.lines {
		if l.Severity == plugins.Fail {
			return true
		}
	}
	return job.Failed(c.diagnostics)
}

// print shows the result and gives the exit code of the first failure.
func (c *checking) print() error {
	exit := fault.ExitOK
	if job.Failed(c.diagnostics) {
		exit = fault.ExitUsage
	}
	for _, l := range c.lines {
		if exit == fault.ExitOK && l.Severity == plugins.Fail {
			exit = fault.ExitOf(l.Code)
		}
	}
	if err := c.show(exit); err != nil {
		return err
	}
	if exit != fault.ExitOK {
		return quiet(exit)
	}
	return nil
}

func (c *checking) show(exit int) error {
	if c.env.output == "json" {
		diagnostics := c.diagnostics
		if diagnostics == nil {
			diagnostics = []job.Diagnostic{}
		}
		return c.env.object(map[string]any{"ok": exit == fault.ExitOK, "exit_code": exit,
			"diagnostics": diagnostics, "checks": c.lines})
	}
	out := c.env.scrub.Writer(c.env.stdout)
	if err := fault.Diagnostics(out, c.diagnostics); err != nil {
		return fmt.Errorf("print diagnostics: %w", err)
	}
	var b strings.Builder
	if len(c.diagnostics) > 0 {
		b.WriteByte('\n')
	}
	for _, l := range c.lines {
		code := ""
		if l.Code != "" {
			code = l.Code + " "
		}
		fmt.Fprintf(&b, "%-4s  %-8s %s%s\n", l.Grade, l.Subject, code, l.Text)
		if l.Hint != "" {
			fmt.Fprintf(&b, "%-15s = %s\n", "", l.Hint)
		}
	}
	if _, err := out.Write([]byte(b.String())); err != nil {
		return fmt.Errorf("print checks: %w", err)
	}
	return nil
}
