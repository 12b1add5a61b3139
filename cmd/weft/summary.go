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
	fmt.Fprintf(&b, "verify     %s", r.Verify)
	if r.Hash != "" {
		fmt.Fprintf(&b, ", hash %s", r.Hash)
	}
	b.WriteByte('\n')
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
