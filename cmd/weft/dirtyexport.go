package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"weft/internal/dirty"
	"weft/internal/fault"
)

// The columns behind those of the row itself: what was wrong with it.
var causeColumns = []string{"weft_split", "weft_row", "weft_column", "weft_code", "weft_cause"}

// exported says what an export wrote.
type exported struct {
	RunID string `json:"run_id"`
	File  string `json:"file"`
	Rows  int64  `json:"rows"`
	// Without counts rows that have no columns and so no place in a .csv; Cut
	// those with a value that was too long to be kept whole.
	Without int64 `json:"rows_without_columns"`
	Cut     int64 `json:"rows_cut"`
}

func (e *env) exportRows(ctx context.Context, d *dirtyRun, file string) error {
	wrote, err := d.write(ctx, file)
	if err != nil {
		return err
	}
	if e.output == "json" {
		return e.object(wrote)
	}
	return e.say(wrote.String())
}

// String says it in one or two lines.
func (w *exported) String() string {
	text := fmt.Sprintf("%d rows in %s\n", w.Rows, w.File)
	if w.Without > 0 {
		text += fmt.Sprintf("%d rows could not be read and have no columns: --export to a .jsonl file has them\n", w.Without)
	}
	if w.Cut > 0 {
		text += fmt.Sprintf("%d rows have a value that was too long to be kept whole: it ends with \"%s\"\n", w.Cut, cutMark)
	}
	return text
}

// cutMark is how plugins.CutRaw ends a text that it has cut.
const cutMark = "… (cut)"

// say prints a text to standard output.
func (e *env) say(text string) error {
	if _, err := fmt.Fprint(e.scrub.Writer(e.stdout), text); err != nil {
		return fmt.Errorf("print dirty rows: %w", err)
	}
	return nil
}

// write writes the rows to a new file, readable by its owner only.
func (d *dirtyRun) write(ctx context.Context, name string) (wrote *exported, err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		problem := fault.New(fault.CodeUsage, "--export "+name, errors.New("the file exists; somebody may have worked in it"))
		problem.Hint = "name another file, or remove it"
		return nil, problem
	}
	if err != nil {
		return nil, fault.New(fault.CodeUsage, "--export "+name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriter(file)
	wrote = &exported{RunID: d.run, File: name}
	put := wrote.lines(out)
	if filepath.Ext(name) == ".csv" {
		put = d.table(out, wrote)
	}
	if err := d.each(ctx, put); err != nil {
		return nil, err
	}
	return wrote, out.Flush()
}

// lines writes rows as they lie in the run folder.
func (w *exported) lines(out *bufio.Writer) func(dirty.Row) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return func(r dirty.Row) error {
		w.Rows++
		return encoder.Encode(r)
	}
}

// table writes rows as CSV with a header (RFC 4180): every value in quotes, NULL
// as nothing at all.
func (d *dirtyRun) table(out *bufio.Writer, w *exported) func(dirty.Row) error {
	var names []string
	for _, c := range d.plan.Columns {
		names = append(names, c.Name)
	}
	header := make([]*string, 0, len(names)+len(causeColumns))
	for _, name := range append(append([]string{}, names...), causeColumns...) {
		header = append(header, &name)
	}
	begun := false
	return func(r dirty.Row) error {
		if !begun {
			begun = true
			if err := writeRecord(out, header); err != nil {
				return err
			}
		}
		fields := r.Fields()
		if fields == nil {
			w.Without++
			return nil
		}
		cut := false
		record := make([]*string, 0, len(header))
		for _, name := range names {
			value := fields[name]
			cut = cut || value != nil && strings.HasSuffix(*value, cutMark)
			record = append(record, value)
		}
		split, position, code := fmt.Sprint(r.Split), r.Position(), string(r.Code)
		w.Rows++
		if cut {
			w.Cut++
		}
		return writeRecord(out, append(record, &split, &position, &r.Column, &code, &r.Cause))
	}
}

// writeRecord writes one line.
func writeRecord(out *bufio.Writer, values []*string) error {
	var line []byte
	for i, value := range values {
		if i > 0 {
			line = append(line, ',')
		}
		if value != nil {
			line = append(append(append(line, '"'), strings.ReplaceAll(*value, `"`, `""`)...), '"')
		}
	}
	_, err := out.Write(append(line, '\n'))
	return err
}
