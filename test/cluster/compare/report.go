package compare

import (
	"context"
	"fmt"
	"strings"
)

// Report is the outcome of a comparison.
type Report struct {
	TableRows, FileRows int64
	// TableHash and FileHash are the order-independent hashes of the rows.
	TableHash, FileHash string
	// Files is how many files were read.
	Files int
	// OnlyTable and OnlyFiles are examples of rows that one side has and the other has not, or has more often.
	OnlyTable, OnlyFiles []string
}

// Equal tells whether both sides hold the same rows.
func (r Report) Equal() bool { return r.TableRows == r.FileRows && r.TableHash == r.FileHash }

// String is the report as a few lines for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "table  %12d rows  hash %s\n", r.TableRows, r.TableHash)
	fmt.Fprintf(&b, "files  %12d rows  hash %s  in %d files\n", r.FileRows, r.FileHash, r.Files)
	for _, row := range r.OnlyTable {
		fmt.Fprintf(&b, "only in the table: %s\n", row)
	}
	for _, row := range r.OnlyFiles {
		fmt.Fprintf(&b, "only in the files: %s\n", row)
	}
	if r.Equal() {
		b.WriteString("the same rows\n")
	} else {
		b.WriteString("DIFFERENT\n")
	}
	return b.String()
}

// explain finds rows of one bucket that only one side has.
func (r *Report) explain(ctx context.Context, bucket, show int, source, target side) error {
	surplus := map[string]int{} // how much more often the table has a row
	count := func(s side, step int) error {
		return s.each(ctx, func(row []field) error {
			if bucketOf(row) == bucket {
				surplus[printable(row)] += step
			}
			return nil
		})
	}
	if err := count(source, 1); err != nil {
		return err
	}
	if err := count(target, -1); err != nil {
		return err
	}
	for row, n := range surplus {
		switch {
		case n > 0 && len(r.OnlyTable) < show:
			r.OnlyTable = append(r.OnlyTable, row)
		case n < 0 && len(r.OnlyFiles) < show:
			r.OnlyFiles = append(r.OnlyFiles, row)
		}
	}
	return nil
}

func printable(row []field) string {
	texts := make([]string, len(row))
	for i, f := range row {
		texts[i] = "NULL"
		if f != nil {
			texts[i] = fmt.Sprintf("%q", f)
		}
	}
	return strings.Join(texts, " | ")
}
