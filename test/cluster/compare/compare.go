package compare

import (
	"context"
	"fmt"
)

// Options say what is compared.
type Options struct {
	// DSN is the go-sql-driver data source name, or the postgres:// URL, of the source; Table may be schema.table.
	DSN, Table string
	// Columns are the columns of the files in order; none means all of the table.
	Columns []string
	// Where is an SQL condition that leaves out rows of the table.
	Where string
	// Folder holds the files.
	Folder Folder
	// Delimiter stands between fields ("" means \001), NullMarker for NULL ("" means \N).
	Delimiter, NullMarker string
	// Escape and EscapeCRLF: see the package comment.
	Escape, EscapeCRLF bool
	// BytesAsHex says that binary columns are hexadecimal, not base64.
	BytesAsHex bool
	// ZeroDateNull says that dates with a zero month, day or year were written as NULL.
	ZeroDateNull bool
	// Show is how many differing rows the report names at most on each side; 0 means 5.
	Show int
}

// Run reads both sides once, and a second time for examples when they differ. A file that is no text form is an error.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Delimiter == "" {
		o.Delimiter = "\x01"
	}
	if o.NullMarker == "" {
		o.NullMarker = `\N`
	}
	if o.Show == 0 {
		o.Show = 5
	}
	t, err := open(ctx, o)
	if err != nil {
		return Report{}, err
	}
	defer t.close()
	names, err := o.Folder.List(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("list files: %w", err)
	}
	files := &fileSet{opts: o, names: names, columns: t.width()}
	var source, target digest
	if err := t.each(ctx, func(row []field) error { source.add(row); return nil }); err != nil {
		return Report{}, err
	}
	if err := files.each(ctx, func(row []field) error { target.add(row); return nil }); err != nil {
		return Report{}, err
	}
	report := Report{
		TableRows: source.all.rows, TableHash: source.all.String(),
		FileRows: target.all.rows, FileHash: target.all.String(), Files: len(names),
	}
	if bucket := source.firstDifference(&target); bucket >= 0 {
		err = report.explain(ctx, bucket, o.Show, t, files)
	}
	return report, err
}

// String is the hash in hexadecimal digits.
func (s sum) String() string { return fmt.Sprintf("%016x%016x", s.hi, s.lo) }

// side is one of the two sources of rows.
type side interface {
	each(ctx context.Context, f func(row []field) error) error
}

// origin is the database's side.
type origin interface {
	side
	width() int // number of columns
	close()
}

// open connects to the database that the options name.
func open(ctx context.Context, o Options) (origin, error) {
	if isPostgres(o.DSN) {
		return openPostgres(ctx, o)
	}
	return openTable(ctx, o)
}

var (
	_ origin = (*table)(nil)
	_ origin = (*postgres)(nil)
	_ side   = (*fileSet)(nil)
)
