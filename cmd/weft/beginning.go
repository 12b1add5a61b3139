package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/plugins"
)

// maxPlaces is how many splits that go on inside are named with their place.
const maxPlaces = 3

// tellBeginning says in one line on standard error where a run begins: at the
// start of everything or in the middle of it, and why. What is there and cannot
// be used is an error.
func (e *env) tellBeginning(ctx context.Context, folder checkpoint.Folder, run string, fresh bool) error {
	text := "starts from scratch: it is new"
	if !fresh {
		var err error
		if text, err = beginning(ctx, folder); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(e.scrub.Writer(e.stderr), "run "+run+" "+text+"\n"); err != nil {
		return fmt.Errorf("print where the run begins: %w", err)
	}
	return nil
}

// beginning looks at what earlier incarnations of a run have left.
func beginning(ctx context.Context, folder checkpoint.Folder) (string, error) {
	state, err := checkpoint.Look(ctx, folder)
	if err != nil {
		return "", err
	}
	plan, err := folder.Plan(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return "starts from scratch: it had not got as far as a plan", nil
	}
	if err != nil {
		return "", err
	}
	switch _, err := folder.Commit(ctx); {
	case err == nil:
		return "goes on with its commit, which had begun", nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return place(plan, state), nil
}

// place says how far the run had got.
func place(plan *job.Plan, state *checkpoint.State) string {
	units := state.Units(len(plan.Splits))
	if len(units) == 0 {
		return "starts from scratch: nothing had been accepted"
	}
	var rows plugins.Counters
	for _, u := range units {
		rows.Add(u.Counters)
	}
	var done, begun int
	var places []string
	for _, split := range plan.Splits {
		known := state.Splits[split.ID]
		switch {
		case known == nil || len(known.Units) == 0:
		case known.Done():
			done++
		default:
			begun++
			places = append(places, placeOf(split.ID, known.Units))
		}
	}
	text := fmt.Sprintf("resumes: %d of %s done, %s with %d rows accepted", done, number(len(plan.Splits), "split"),
		number(len(units), "unit"), rows.RowsRead)
	if begun > maxPlaces {
		places = append(places[:maxPlaces], fmt.Sprintf("%d more splits likewise", begun-maxPlaces))
	}
	return strings.Join(append([]string{text}, places...), "; ")
}

// placeOf names the unit at which a split goes on, and the key behind which.
func placeOf(split int, units []plugins.Manifest) string {
	last := units[len(units)-1]
	text := fmt.Sprintf("split %d from unit %d", split, last.Sequence+1)
	if last.Position != "" {
		text += " behind " + string(last.Position)
	}
	return text
}
