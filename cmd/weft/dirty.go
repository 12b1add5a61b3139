package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/internal/dirty"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

// dirtyFlags are those of `weft dirty`.
type dirtyFlags struct {
	homeFlags
	limit  int
	code   string
	export string
	replay bool
}

func newDirtyCommand(e *env) *cobra.Command {
	var f dirtyFlags
	cmd := &cobra.Command{
		Use:   "dirty RUN",
		Short: "Show, export or load again the rows that a run refused",
		Long: `Shows the dirty rows of a run's accepted units: those that its counters count,
each once, however often it was resumed. It reads the run folder, whether or not
they were laid out as a Hive table, and works until weft clean removes that.

--export FILE writes them to a .csv file, with the row's own columns first and
what was wrong with it behind, or to .jsonl. Rows that could not be read at all
have no columns and stand in .jsonl only.

--replay writes the .csv file, unless it is there already, and beside it a job
that loads it into the target of the original. Repair the rows in the file, then
run the job. Passwords become references to the environment.`,
		Example: "  weft dirty orders-2026-03-01 --code too_long\n  weft dirty orders-2026-03-01 --export rows.jsonl\n  weft dirty orders-2026-03-01 --replay",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return e.atHome(cmd.Context(), list[0], &f.homeFlags, func(ctx context.Context, folder checkpoint.Folder, run string) error {
				return e.dirtyRows(ctx, folder, run, &f)
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "limit", 20, "how many rows to show; 0 for all. An export has all of them unless this is given")
	flags.StringVar(&f.code, "code", "", "only rows refused with this code, such as too_long")
	flags.StringVar(&f.export, "export", "", "write the rows to this file: .csv or .jsonl")
	flags.BoolVar(&f.replay, "replay", false, "write a job that loads the repaired rows")
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		if (f.export != "" || f.replay) && !flags.Changed("limit") {
			f.limit = 0
		}
	}
	return cmd
}

func (f *dirtyFlags) check() error {
	ending := filepath.Ext(f.export)
	switch {
	case f.limit < 0:
		return fault.New(fault.CodeUsage, fmt.Sprintf("--limit %d", f.limit), errors.New("want 0 or more"))
	case f.export != "" && ending != ".csv" && ending != ".jsonl":
		return fault.New(fault.CodeUsage, "--export "+f.export, errors.New("want a file that ends in .csv or .jsonl"))
	case f.replay && ending == ".jsonl":
		return fault.New(fault.CodeUsage, "--replay", errors.New("the job reads a .csv file"))
	}
	return nil
}

// dirtyRun is a run whose dirty rows are asked for.
type dirtyRun struct {
	run    string
	folder checkpoint.Folder
	spec   *job.Spec // secrets in clear
	plan   *job.Plan
	units  []plugins.Manifest // accepted, with dirty rows
	count  int64              // of their dirty rows
	flags  *dirtyFlags
}

// dirtyRows does what the flags say.
func (e *env) dirtyRows(ctx context.Context, folder checkpoint.Folder, run string, f *dirtyFlags) error {
	d := &dirtyRun{run: run, folder: folder, flags: f}
	var err error
	if d.spec, err = e.stored(ctx, folder, run); errors.Is(err, fs.ErrNotExist) {
		return unknownRun(run, fmt.Errorf("there is no run folder %s", folder.Dir), "weft list --all shows the runs that YARN knows; --staging DIR looks elsewhere")
	} else if err != nil {
		return err
	}
	d.plan, err = folder.Plan(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		d.plan, err = &job.Plan{Run: run}, nil // it has not read a row yet
	}
	if err != nil {
		return err
	}
	state, err := checkpoint.Look(ctx, folder)
	if err != nil {
		return err
	}
	for _, u := range state.Units(len(d.plan.Splits)) {
		if u.DirtyFile != "" {
			d.units, d.count = append(d.units, u), d.count+u.Counters.RowsDirty
		}
	}
	switch {
	case f.replay:
		return e.replay(ctx, d)
	case f.export != "":
		return e.exportRows(ctx, d, f.export)
	}
	return e.showRows(ctx, d)
}

// each calls do with the rows that the flags let through.
func (d *dirtyRun) each(ctx context.Context, do func(dirty.Row) error) error {
	left := d.flags.limit
	for _, u := range d.units {
		err := dirty.Each(ctx, d.folder.FS, path.Join(d.folder.DirtyDir(), u.DirtyFile), func(r dirty.Row) error {
			if d.flags.code != "" && string(r.Code) != d.flags.code {
				return nil
			}
			if err := do(r); err != nil {
				return err
			}
			if left--; left == 0 {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends a listing at its limit.
var errEnough = errors.New("enough rows")

// shownRows is what the verb prints with -o json.
type shownRows struct {
	RunID string      `json:"run_id"`
	Dirty int64       `json:"rows_dirty"`
	Rows  []dirty.Row `json:"rows"`
}

func (e *env) showRows(ctx context.Context, d *dirtyRun) error {
	shown := shownRows{RunID: d.run, Dirty: d.count, Rows: []dirty.Row{}}
	if err := d.each(ctx, func(r dirty.Row) error { shown.Rows = append(shown.Rows, r); return nil }); err != nil {
		return err
	}
	if e.output == "json" {
		return e.object(shown)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d dirty rows in %s\n", d.count, d.run)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, r := range shown.Rows {
		if i == 0 {
			fmt.Fprintln(w, "SPLIT\tROW\tCOLUMN\tCODE\tCAUSE\tAS READ")
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", r.Split, r.Position(), dash(r.Column), r.Code, shorten(oneLine(r.Cause), 80), shorten(asRead(&r), 120))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if rest := d.count - int64(len(shown.Rows)); rest > 0 && d.flags.code == "" {
		fmt.Fprintf(&b, "... and %d more: --limit 0 shows all\n", rest)
	}
	if _, err := fmt.Fprint(e.scrub.Writer(e.stdout), b.String()); err != nil {
		return fmt.Errorf("print dirty rows: %w", err)
	}
	return nil
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// asRead is a row as it came, for people.
func asRead(r *dirty.Row) string {
	if r.Raw != "" {
		return oneLine(r.Raw)
	}
	return string(r.Value) // JSON is one line
}

// oneLine escapes line ends and control characters as JSON does.
func oneLine(text string) string {
	quoted, err := json.Marshal(strings.ToValidUTF8(text, "?"))
	if err != nil { // cannot be: a string always has a JSON form
		return ""
	}
	return strings.ReplaceAll(string(quoted[1:len(quoted)-1]), `\"`, `"`)
}

// shorten makes a text fit into a column.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return text
}
