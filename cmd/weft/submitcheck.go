package main

import (
	"context"
	"fmt"
	"strings"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

// ends asks both ends of a job, as `weft check --connect` does.
func (c *checking) ends(ctx context.Context, open *job.Spec) error {
	setup, err := open.Setup("check", nil, "")
	if err != nil {
		return err
	}
	setup.Log = c.env.log
	c.reader(ctx, open, setup)
	c.writer(ctx, open, setup)
	c.dirtyPlace(ctx, open)
	if !c.failed() {
		c.mapping(ctx, open)
	}
	return ctx.Err()
}

// refuse tells on standard error what speaks against the run; with a failure
// among it the run is refused with the exit code of the first one.
func (c *checking) refuse() error {
	exit := fault.ExitOK
	var b strings.Builder
	for _, l := range c.lines {
		if l.Severity < plugins.Warn {
			continue
		}
		if l.Severity == plugins.Fail && exit == fault.ExitOK {
			exit = fault.ExitOf(l.Code)
		}
		b.WriteString(l.problem())
	}
	if _, err := c.env.scrub.Writer(c.env.stderr).Write([]byte(b.String())); err != nil {
		return fmt.Errorf("print checks: %w", err)
	}
	if exit == fault.ExitOK {
		return nil
	}
	if c.env.output == "json" {
		if err := c.env.object(map[string]any{"ok": false, "exit_code": exit, "checks": c.lines}); err != nil {
			return err
		}
	}
	return quiet(exit)
}

// problem is the line in the shape of an error message.
func (l line) problem() string {
	word := "warning"
	if l.Severity == plugins.Fail {
		word = "error"
	}
	if l.Code != "" {
		word += "[" + l.Code + "]"
	}
	text := fmt.Sprintf("%s: %s: %s\n", word, l.Subject, l.Text)
	if l.Hint != "" {
		text += "   = help: " + l.Hint + "\n"
	}
	return text
}
