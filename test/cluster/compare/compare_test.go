package compare

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
)

var shared cluster.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// testSchema makes a schema in the server and returns its DSN and a pool.
func testSchema(ctx context.Context, t *testing.T, server *cluster.Database) (string, *sql.DB) {
	t.Helper()
	schema, err := server.NewSchema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("mysql", server.DSN(schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return server.DSN(schema), pool
}

// The text form of the package comment, value by value, on both servers.
func TestTextForm(t *testing.T) {
	cases := []struct{ ddl, literal, want string }{
		{"BIGINT", "-9223372036854775808", "-9223372036854775808"},
		{"BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"},
		{"INT(6) ZEROFILL", "42", "42"},
		{"TINYINT(1)", "1", "1"},
		{"YEAR", "1999", "1999"},
		{"BIT(12)", "b'101'", "5"},
		{"BIT(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'", "18446744073709551615"},
		{"FLOAT", "16777217", "16777216"},
		{"FLOAT", "0.1", "0.1"},
		{"FLOAT", "3.4028234e38", "3.4028235e+38"},
		{"DOUBLE", "1e20", "100000000000000000000"},
		{"DOUBLE", "1e21", "1e+21"},
		{"DOUBLE", "0.00001", "0.00001"},
		{"DOUBLE", "-0.0000099", "-9.9e-06"},
		{"DOUBLE", "0.1", "0.1"},
		{"DOUBLE", "0", "0"},
		{"DECIMAL(12,2)", "-1.5", "-1.50"},
		{"DATE", "'0999-01-02'", "0999-01-02"},
		{"DATETIME", "'2020-02-29 23:59:59'", "2020-02-29 23:59:59"},
		{"DATETIME(6)", "'2020-02-29 23:59:59'", "2020-02-29 23:59:59.000000"},
		{"DATETIME(3)", "'2020-02-29 23:59:59.25'", "2020-02-29 23:59:59.250"},
		{"TIME(2)", "'-838:59:58.5'", "-838:59:58.50"},
		{"TIME", "'01:02:03'", "01:02:03"},
		{"VARCHAR(9)", "''", ""},
		{"CHAR(9)", "'a  '", "a"},
		{"BINARY(3)", "'a'", "YQAA"},
		{"BLOB", "x'00ff'", "AP8="},
		{"INT", "NULL", "<null>"},
	}
	for name, server := range map[string]*cluster.Database{"mariadb": shared.MariaDB(t), "mysql": shared.MySQL(t)} {
		if server == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			dsn, pool := testSchema(ctx, t, server)
			var ddl, literals, want []string
			for i, c := range cases {
				ddl = append(ddl, "c"+string(rune('a'+i/26))+string(rune('a'+i%26))+" "+c.ddl+" NULL")
				literals = append(literals, c.literal)
				want = append(want, c.want)
			}
			for _, stmt := range []string{
				"CREATE TABLE t (" + strings.Join(ddl, ", ") + ")", "INSERT INTO t VALUES (" + strings.Join(literals, ", ") + ")",
			} {
				if _, err := pool.ExecContext(ctx, stmt); err != nil {
					t.Fatal(err)
				}
			}
			tab, err := openTable(ctx, Options{DSN: dsn, Table: "t"})
			if err != nil {
				t.Fatal(err)
			}
			defer tab.pool.Close()
			var got []string
			err = tab.each(ctx, func(row []field) error {
				for _, f := range row {
					text := "<null>"
					if f != nil {
						text = string(f)
					}
					got = append(got, text)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// encode writes rows in the text form with all escapes.
func encode(rows [][]field) []byte {
	escapes := strings.NewReplacer(`\`, `\\`, "\x01", "\\\x01", "\n", `\n`, "\r", `\r`)
	var b bytes.Buffer
	for _, row := range rows {
		for i, f := range row {
			if i > 0 {
				b.WriteByte(1)
			}
			if f == nil {
				b.WriteString(`\N`)
				continue
			}
			escapes.WriteString(&b, string(f))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// wideRows loads the wide table and returns its rows as this package formats them.
func wideRows(ctx context.Context, t *testing.T, dsn string, pool *sql.DB) [][]field {
	t.Helper()
	if err := dataset.Load(ctx, pool, "w", dataset.Wide(), 3000, dataset.Seed); err != nil {
		t.Fatal(err)
	}
	tab, err := openTable(ctx, Options{DSN: dsn, Table: "w"})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.pool.Close()
	var rows [][]field
	err = tab.each(ctx, func(row []field) error {
		kept := make([]field, len(row))
		for i, f := range row {
			kept[i] = bytes.Clone(f)
		}
		rows = append(rows, kept)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// writeFiles spreads rows over a plain and a zipped file, in another order, beside files that must not be seen.
func writeFiles(t *testing.T, dir string, rows [][]field) {
	t.Helper()
	half := len(rows) / 2
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(encode(rows[:half]))
	z.Close()
	for name, content := range map[string][]byte{
		"part-1": encode(rows[half:]), "day=1/part-0.gz": zipped.Bytes(),
		"_SUCCESS": []byte("x"), ".weft-run/part-9": []byte("half a row"),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCompare(t *testing.T) {
	ctx := testContext(t)
	dsn, pool := testSchema(ctx, t, shared.MariaDB(t))
	rows := wideRows(ctx, t, dsn, pool)
	with := func(i int, change func(row []field)) [][]field {
		all := append([][]field(nil), rows...)
		all[i] = append([]field(nil), all[i]...)
		change(all[i])
		return all
	}
	title := 23
	for name, c := range map[string]struct {
		rows  [][]field
		equal bool
	}{
		"same":            {rows, true},
		"row lost":        {rows[1:], false},
		"row doubled":     {append([][]field{rows[7]}, rows...), false},
		"one for another": {append([][]field{rows[7]}, rows[1:]...), false},
		"value changed":   {with(5, func(row []field) { row[title] = []byte("changed") }), false},
		"NULL to empty":   {with(firstNull(rows, title), func(row []field) { row[title] = field{} }), false},
		"columns swapped": {with(5, func(row []field) { row[3], row[4] = row[4], row[3] }), false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, c.rows)
			report, err := Run(ctx, Options{DSN: dsn, Table: "w", Folder: Local(dir), Escape: true, EscapeCRLF: true})
			if err != nil {
				t.Fatal(err)
			}
			if report.Equal() != c.equal {
				t.Errorf("equal is %v:\n%s", report.Equal(), report)
			}
			if report.Files != 2 {
				t.Errorf("read %d files, want 2", report.Files)
			}
			if !c.equal && len(report.OnlyTable)+len(report.OnlyFiles) == 0 {
				t.Error("no differing row is shown")
			}
		})
	}
}

// firstNull returns the number of the first row with NULL in the column.
func firstNull(rows [][]field, column int) int {
	for i, row := range rows {
		if row[column] == nil {
			return i
		}
	}
	return -1
}

func TestWebHDFS(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t)
	dsn, pool := testSchema(ctx, t, shared.MariaDB(t))
	rows := wideRows(ctx, t, dsn, pool)
	dir := t.TempDir()
	writeFiles(t, dir, rows)
	for _, name := range []string{"part-1", "day=1/part-0.gz", "_SUCCESS", ".weft-run/part-9"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.WriteFile(ctx, "/data/w/"+name, content); err != nil {
			t.Fatal(err)
		}
	}
	folder := WebHDFS{Base: h.NNWeb, Path: "/data/w", User: h.Superuser()}
	report, err := Run(ctx, Options{DSN: dsn, Table: "w", Folder: folder, Escape: true, EscapeCRLF: true})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Equal() || report.TableRows != 3000 || report.Files != 2 {
		t.Error(report)
	}
	folder.Path = "/data/nowhere"
	if _, err := Run(ctx, Options{DSN: dsn, Table: "w", Folder: folder}); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}

func TestColumnsAndWhere(t *testing.T) {
	ctx := testContext(t)
	dsn, pool := testSchema(ctx, t, shared.MariaDB(t))
	for _, stmt := range []string{"CREATE TABLE t (a INT, b VARCHAR(9), c BLOB)", "INSERT INTO t VALUES (1,'x','1'),(2,NULL,x'ff'),(3,'z','3')"} {
		if _, err := pool.ExecContext(ctx, stmt); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("ff||?||2\n33||z||3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{
		DSN: dsn, Table: "t", Columns: []string{"c", "b", "a"}, Where: "a > 1",
		Folder: Local(dir), Delimiter: "||", NullMarker: "?", BytesAsHex: true,
	}
	report, err := Run(ctx, o)
	if err != nil || !report.Equal() || report.FileRows != 2 {
		t.Error(report, err)
	}
	o.Columns = []string{"nothing"}
	if _, err := Run(ctx, o); err == nil {
		t.Error("an unknown column is no error")
	}
}

func TestBrokenText(t *testing.T) {
	for text, want := range map[string]string{
		"a\x01b\nc\n":    "row 2 has 1 fields",
		"a\x01b\nc\x01d": "without LF",
		"a\x01b\x01c\n":  "has 3 fields",
		"\n":             "has 1 fields",
	} {
		r := newRowReader(strings.NewReader(text), Options{Delimiter: "\x01", NullMarker: `\N`}, 2)
		var err error
		for err == nil {
			_, err = r.next()
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %q does not contain %q", text, err, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a\x01\\N\n\\\\\x01\\n\n"), true)
	f.Add([]byte("\\"), false)
	f.Add([]byte("\\\n\x01\x01\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, escape bool) {
		o := Options{Delimiter: "\x01", NullMarker: `\N`, Escape: escape, EscapeCRLF: escape}
		r := newRowReader(bytes.NewReader(text), o, 2)
		for rows := 0; ; rows++ {
			row, err := r.next()
			if err != nil {
				if errors.Is(err, io.EOF) && rows != bytes.Count(text, []byte("\n")) {
					t.Errorf("%d rows of %q", rows, text)
				}
				return
			}
			if !escape {
				continue
			}
			again, err := newRowReader(bytes.NewReader(encode([][]field{row})), o, 2).next()
			if diff := cmp.Diff(row, again); diff != "" || err != nil {
				t.Errorf("%s %v", diff, err)
			}
		}
	})
}
