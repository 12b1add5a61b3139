package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/yarnrpc/rm"
)

func newCleanCommand(e *env) *cobra.Command {
	var yes bool
	var stateDir string
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove what ended runs have left",
		Long: `Lists, and with --yes removes, from your staging folder: the folders of runs
that ended longer ago than clean.runs, with what those runs left in their targets
(unfinished output, files that an overwrite replaced), and uploaded programs older
than clean.binaries that no remaining run needs.

A run that lives is never touched, nor one whose commit has begun and not ended.
A run whose folder is gone cannot be resumed. With --state-dir it cleans after
weft run instead, whose state lies in ~/.weft.`,
		Example: "  weft clean\n  weft clean --yes -D clean.runs=48h\n  weft clean --state-dir ~/.weft --yes",
		GroupID: groupRun,
		Args:    args(noArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := &cleaner{env: e, site: e.site.Clean, yes: yes, now: time.Now()}
			if cmd.Flags().Changed("state-dir") {
				return e.cleanLocal(cmd.Context(), c, stateDir)
			}
			return e.withCluster(cmd.Context(), func(ctx context.Context, s *session) error { return s.clean(ctx, c) })
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "remove; without it nothing is changed")
	cmd.Flags().StringVar(&stateDir, "state-dir", "", "clean this folder of weft run instead of the cluster's")
	return cmd
}

// noArgs is cobra.NoArgs for a verb that somebody may take for one with names.
func noArgs(_ *cobra.Command, list []string) error {
	if len(list) > 0 {
		return fmt.Errorf("it takes no names, got %q: -D clean.runs says which runs are old", list[0])
	}
	return nil
}

func (s *session) clean(ctx context.Context, c *cleaner) error {
	_, root, err := staged(ctx, s.cluster, s.cluster.User, c.env.site.YARN.Staging)
	if err != nil {
		return err
	}
	c.root = root
	c.lives = func(ctx context.Context, _ checkpoint.Folder, run string) (string, io.Closer, error) {
		report, err := s.applicationOf(ctx, run, rm.LiveStates())
		if report == nil || err != nil {
			return "", nil, err
		}
		return report.ID.String(), nil, nil
	}
	c.left = &targetCleaner{env: c.env, yes: c.yes}
	return c.clean(ctx)
}

func (e *env) cleanLocal(ctx context.Context, c *cleaner, dir string) error {
	root, err := e.stateRoot(dir)
	if err != nil {
		return err
	}
	c.root, c.lives = root, lockedBy
	c.left = &targetCleaner{env: e, yes: c.yes}
	return c.clean(ctx)
}

// cleanReport is what `weft clean -o json` prints.
type cleanReport struct {
	DryRun bool `json:"dry_run"`
	// Removed is what was removed, or would be; Kept what is old enough and
	// stays nevertheless.
	Removed []cleaned `json:"removed"`
	Kept    []cleaned `json:"kept"`
	// Young counts runs and programs that are not old enough.
	Young int   `json:"young"`
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// cleaned is one thing that is removed or kept.
type cleaned struct {
	// What is run, output, replaced or program.
	What string `json:"what"`
	// Run is the run id, of all but programs.
	Run   string `json:"run,omitempty"`
	Path  string `json:"path"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
	// Age is the time since it was last changed, in seconds.
	AgeSeconds int64 `json:"age_seconds"`
	// Why it is kept, or what there is to say of it.
	Why string `json:"why,omitempty"`
}

func (r *cleanReport) removed(c cleaned) {
	r.Removed = append(r.Removed, c)
	r.Files += c.Files
	r.Bytes += c.Bytes
}

func (r *cleanReport) kept(c cleaned, why string) {
	c.Why = why
	r.Kept = append(r.Kept, c)
}

func (r *cleanReport) print(w io.Writer) error {
	var b strings.Builder
	verb, tail := "removed", ""
	if r.DryRun {
		verb, tail = "would remove", "; nothing was changed, --yes does it"
	}
	for _, c := range r.Removed {
		fmt.Fprintf(&b, "%s  %s\n", verb, c)
	}
	for _, c := range r.Kept {
		fmt.Fprintf(&b, "kept  %s\n", c)
	}
	if r.Young > 0 {
		fmt.Fprintf(&b, "%d not old enough\n", r.Young)
	}
	fmt.Fprintf(&b, "%s %d files, %s%s\n", verb, r.Files, shortBytes(r.Bytes), tail)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print what was cleaned: %w", err)
	}
	return nil
}

// String says it in one line.
func (c cleaned) String() string {
	name := c.Path
	if c.Run != "" {
		name = c.Run + " " + c.Path
	}
	text := c.What + " " + name
	if c.Files > 0 {
		text += fmt.Sprintf(" (%d files, %s, %s old)", c.Files, shortBytes(c.Bytes), time.Duration(c.AgeSeconds)*time.Second)
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return text
}
