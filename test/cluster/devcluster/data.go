package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"weft/test/cluster/compare"
	"weft/test/cluster/dataset"
)

// load creates and fills a generated table, replacing one of the same name.
func load(ctx context.Context, h home, args []string) error {
	f := flags("load")
	rows := f.Int64("rows", 1_000_000, "number of rows")
	table := f.String("table", "", "name of the table, by default that of the shape; it is replaced")
	seed := f.Uint64("seed", dataset.Seed, "seed of the values")
	if err := f.Parse(args); err != nil {
		return err
	}
	shape, ok := map[string]dataset.Shape{"wide": dataset.Wide(), "bench": dataset.Bench()}[f.Arg(0)]
	if f.NArg() != 1 || !ok {
		return fmt.Errorf("load takes one shape, wide or bench, behind its flags: %q", f.Args())
	}
	if *table == "" {
		*table = f.Arg(0)
	}
	s, err := h.read()
	if err != nil {
		return err
	}
	db, err := sql.Open("mysql", s.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "DROP TABLE IF EXISTS "+*table); err != nil {
		return fmt.Errorf("drop table %s: %w", *table, err)
	}
	began := time.Now()
	if err := dataset.Load(ctx, db, *table, shape, *rows, *seed); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows in %s\n", *table, *rows, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// compareTable compares a table with files.
func compareTable(ctx context.Context, h home, args []string) error {
	var o compare.Options
	f := flags("compare")
	path := f.String("path", "", "HDFS folder with the files")
	local := f.String("local", "", "local folder with the files")
	columns := f.String("columns", "", "columns of the files in order, separated by commas; none: all of the table")
	f.StringVar(&o.Table, "table", "", "table, or schema.table")
	f.StringVar(&o.Where, "where", "", "SQL condition on the table")
	f.StringVar(&o.Delimiter, "delimiter", "", `between fields; none: \001`)
	f.StringVar(&o.NullMarker, "null", "", `how NULL is written; none: \N`)
	f.BoolVar(&o.Escape, "escape", false, "backslash escapes the byte behind it")
	f.BoolVar(&o.EscapeCRLF, "escape-crlf", false, "with --escape: backslash n and r are line feed and carriage return")
	f.BoolVar(&o.BytesAsHex, "hex", false, "binary columns are hexadecimal, not base64")
	f.BoolVar(&o.ZeroDateNull, "zero-date-null", false, "zero dates were written as NULL")
	f.StringVar(&o.DSN, "dsn", "", "go-sql-driver data source name; none: the devcluster's database")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 || o.Table == "" || (*path == "") == (*local == "") {
		return fmt.Errorf("compare takes --table and one of --path and --local, no arguments: %q", f.Args())
	}
	if *columns != "" {
		o.Columns = strings.Split(*columns, ",")
	}
	if err := fromHome(h, &o, *path, *local); err != nil {
		return err
	}
	report, err := compare.Run(ctx, o)
	if err != nil {
		return err
	}
	fmt.Print(report)
	if !report.Equal() {
		return errDifferent
	}
	return nil
}

// fromHome fills in what only a running devcluster knows; local files and a given DSN need none.
func fromHome(h home, o *compare.Options, path, local string) error {
	o.Folder = compare.Local(local)
	if path == "" && o.DSN != "" {
		return nil
	}
	s, err := h.read()
	if err != nil {
		return err
	}
	if o.DSN == "" {
		o.DSN = s.DSN
	}
	if path != "" {
		o.Folder = compare.WebHDFS{Base: s.NNWeb, Path: strings.TrimPrefix(path, s.HDFS), User: s.User}
	}
	return nil
}

// list prints the files below an HDFS folder.
func list(ctx context.Context, h home, args []string) error {
	f := flags("ls")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return fmt.Errorf("ls takes one HDFS folder: %q", f.Args())
	}
	s, err := h.read()
	if err != nil {
		return err
	}
	path := strings.TrimPrefix(f.Arg(0), s.HDFS)
	files, err := compare.WebHDFS{Base: s.NNWeb, Path: path, User: s.User}.Files(ctx)
	if err != nil {
		return err
	}
	for _, file := range files {
		fmt.Printf("%12d  %s/%s\n", file.Bytes, strings.TrimSuffix(path, "/"), file.Name)
	}
	return nil
}
