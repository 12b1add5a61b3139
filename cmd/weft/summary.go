package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"weft/internal/job"
)

// maxOutputs is how many outputs a summary names.
const maxOutputs = 5

// summarize prints how a run ended, for people.
func summarize(w io.Writer, r *job.Result) error {
	var b strings.Builder
	took := time.Duration(r.DurationMillis) * time.Millisecond
	fmt.Fprintf(&b, "%s  %s in %s\n", r.State, r.RunID, took)
	fmt.Fprintf(&b, "rows       %d read, %d written, %d dirty, %d filtered\n", r.RowsRead, r.RowsWritten, r.RowsDirty, r.RowsFiltered)
	fmt.Fprintf(&b, "bytes      %s read, %s written\n", shortBytes(r.BytesRead), shortBytes(r.BytesWritten))
	if seconds := took.Seconds(); seconds > 0 {
		fmt.Fprintf(&b, "speed      %s rows/s, %s/s\n", short(int64(float64(r.RowsRead)/seconds)), shortBytes(int64(float64(r.BytesRead)/seconds)))
	}
	fmt.Fprintf(&b, "splits     %d in %d attempts, by master %d\n", r.Splits, r.Attempts, r.MasterAttempts)
	if r.Guarantee != "" {
		fmt.Fprintf(&b, "guarantee  %s\n", r.Guarantee)
	}
	if view := viewText(r); view != "" {
		fmt.Fprintf(&b, "source     %s\n", view)
	}
	fmt.Fprintf(&b, "verify     %s", r.Verify)
	if r.Hash != "" {
		fmt.Fprintf(&b, ", hash %s", r.Hash)
	}
	b.WriteByte('\n')
	writeDirty(&b, r)
	for i, output := range r.Outputs {
		if i == maxOutputs {
			fmt.Fprintf(&b, "           ... and %d more\n", len(r.Outputs)-maxOutputs)
			break
		}
		fmt.Fprintf(&b, "output     %s\n", output)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print summary: %w", err)
	}
	return nil
}

// writeDirty says where the dirty rows are.
func writeDirty(b *strings.Builder, r *job.Result) {
	switch {
	case r.RowsDirty == 0:
		return
	case r.Dirty == nil:
		fmt.Fprintf(b, "dirty      weft dirty %s\n", r.RunID)
		return
	}
	if len(r.Dirty.Statements) > 0 {
		b.WriteString("dirty      no metastore is configured: the table is made in Hive by\n")
		for _, statement := range r.Dirty.Statements {
			fmt.Fprintf(b, "           %s;\n", statement)
		}
	}
	for _, text := range []string{r.Dirty.Query, r.Dirty.Files} {
		if text != "" {
			fmt.Fprintf(b, "dirty      %s\n", text)
		}
	}
}
