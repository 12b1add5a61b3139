package mysql

import (
	"context"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"weft/plugins"
)

// F21: keys that are there already make dirty rows in insert mode, with the key,
// and nothing else; in update mode they are overwritten.
func TestF21DuplicateKeys(t *testing.T) { onServers(t, testDuplicateKeys) }

func testDuplicateKeys(t *testing.T, s *schema, _ bool) {
	const rows = 3000
	for _, settings := range []string{`{}`, `{"loadData": "never"}`, `{"writeMode": "update"}`, `{"writeMode": "replace"}`} {
		t.Run(settings, func(t *testing.T) {
			s := s.on(t)
			table := fmt.Sprintf("dup%d", tables.Add(1))
			s.exec("CREATE TABLE "+table+pair, preloaded(table, rows, 100))
			own := fmt.Sprintf(`{"table": %q}`, table)
			l := s.start(table, pairColumns(), settings, own)
			l.must(l.write(t.Context(), 0, rows, pairRow))
			m, err := l.seal(t.Context())
			l.must(err)
			insert := !strings.Contains(settings, "writeMode")
			want := 0
			if insert {
				want = rows / 100
			}
			if len(l.refused) != want || m.Counters.RowsWritten != int64(rows-want) {
				t.Fatalf("%d rows refused, %d written, want %d and %d", len(l.refused), m.Counters.RowsWritten, want, rows-want)
			}
			for i, r := range l.refused {
				if r.Index != i*100 || r.Code != plugins.RowDuplicate || !strings.Contains(r.Cause, fmt.Sprintf("'%d'", i*100)) {
					t.Errorf("refused %+v, want row %d as a duplicate", r, i*100)
				}
			}
			if got := s.number("SELECT COUNT(*) FROM " + s.name + "." + table); got != rows {
				t.Errorf("%d rows in the table, want %d", got, rows)
			}
			if got := s.number("SELECT COUNT(*) FROM " + s.name + "." + table + " WHERE v = 'old'"); (got == 0) == insert {
				t.Errorf("%d old rows left", got)
			}
		})
	}
}

// preloaded inserts every nth key up to rows.
func preloaded(table string, rows, nth int) string {
	var values []string
	for i := 0; i < rows; i += nth {
		values = append(values, fmt.Sprintf("(%d, 'old')", i))
	}
	return "INSERT INTO " + table + " VALUES " + strings.Join(values, ",")
}

// One bad row among n costs at most 2 log2 n statements, not n: counted by the
// server.
func TestBisectionIsCheap(t *testing.T) {
	s := newSchema(t)
	const rows = 4096
	for _, settings := range []string{`{}`, `{"loadData": "never"}`} {
		for _, bad := range []int{0, 1, 2047, 2048, 3000, rows - 1} {
			table := fmt.Sprintf("cheap%d", tables.Add(1))
			s.exec("CREATE TABLE "+table+pair, fmt.Sprintf("INSERT INTO %s VALUES (%d, 'old')", table, bad))
			l := s.start(table, pairColumns(), settings, fmt.Sprintf(`{"table": %q}`, table))
			before := questions(t, l.w)
			l.must(l.write(t.Context(), 0, rows, pairRow))
			spent := questions(t, l.w) - before - 1 // the question itself
			// BEGIN, SAVEPOINT, LOAD DATA, ROLLBACK TO; or four pieces of 1024.
			if most := 2*bits.Len(rows-1) + 5; spent > most {
				t.Errorf("%s: row %d of %d: %d statements, want at most %d", settings, bad, rows, spent, most)
			}
			if len(l.refused) != 1 || l.refused[0].Index != bad {
				t.Errorf("%s: refused %+v, want row %d", settings, l.refused, bad)
			}
		}
	}
}

// questions is the number of statements the session has sent.
func questions(t *testing.T, w *Writer) int {
	t.Helper()
	rows, err := w.session.Query(context.Background(), "SHOW SESSION STATUS LIKE 'Questions'")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if _, err := fmt.Sscan(text(rows[0][1]), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Values that the server would round, cut or refuse are refused before they are
// sent, under the column's name.
func TestValuesThatDoNotFit(t *testing.T) { onServers(t, testValuesThatDoNotFit) }

func testValuesThatDoNotFit(t *testing.T, s *schema, _ bool) {
	s.exec(`CREATE TABLE fit (id bigint PRIMARY KEY, ti tinyint, uti tinyint unsigned, mi mediumint, umi mediumint unsigned, i int, ui int unsigned,
		bi bigint, ubi bigint unsigned, de decimal(6,2), ude decimal(6,2) unsigned, fm float(7,2), fl float, du double unsigned, y year, b bit(5),
		vc varchar(3), ch char(3), tt tinytext, u3 varchar(9) CHARACTER SET utf8mb3, vb varbinary(3), da date, t0 time, dt0 datetime, dt3 datetime(3),
		ts timestamp NULL, e enum('a','b'), nn int NOT NULL DEFAULT 5)`)
	for _, c := range []struct {
		column, good, bad string
		code              plugins.RowCode
	}{
		{"ti", "-128", "128", plugins.RowOverflow}, {"uti", "255", "256", plugins.RowOverflow}, {"uti", "0", "-1", plugins.RowConversion},
		{"mi", "8388607", "8388608", plugins.RowOverflow}, {"umi", "16777215", "16777216", plugins.RowOverflow},
		{"i", "-2147483648", "2147483648", plugins.RowOverflow}, {"ui", "4294967295", "4294967296", plugins.RowOverflow},
		{"bi", "9223372036854775807", "9223372036854775808", plugins.RowOverflow},
		{"ubi", "18446744073709551615", "18446744073709551616", plugins.RowOverflow}, {"ubi", "1", "-1", plugins.RowConversion},
		{"de", "-9999.99", "10000.00", plugins.RowOverflow}, {"de", "1.50", "1.505", plugins.RowPrecision},
		{"ude", "9999.99", "-0.01", plugins.RowOverflow}, {"fm", "1.25", "1.255", plugins.RowPrecision},
		{"fl", "1.5", "NaN", plugins.RowOverflow}, {"du", "2.5", "-2.5", plugins.RowOverflow},
		{"y", "2155", "2156", plugins.RowOverflow}, {"b", "31", "32", plugins.RowOverflow},
		{"vc", "中文😀", "abcd", plugins.RowTooLong}, {"ch", "abc", "ab  ", plugins.RowTooLong},
		{"tt", strings.Repeat("中", 85), strings.Repeat("中", 86), plugins.RowTooLong},
		{"u3", "中文", "x😀", plugins.RowEncoding},
		{"da", "9999-12-31", "10000-01-01", plugins.RowConversion},
		{"t0", "-838:59:59", "838:59:59.5", plugins.RowPrecision}, {"t0", "00:00:00", "839:00:00", plugins.RowOverflow},
		{"dt0", "2024-02-29 23:59:59", "2024-02-29 23:59:59.1", plugins.RowPrecision},
		{"dt3", "2024-02-29 23:59:59.999", "2024-02-29 23:59:59.9999", plugins.RowPrecision},
		{"ts", "2038-01-19 03:14:07", "1970-01-01 00:00:00", plugins.RowOverflow},
		{"e", "b", "c", plugins.RowConversion}, {"nn", "7", "", plugins.RowNull},
	} {
		source := []plugins.Column{{Name: "id", Kind: plugins.KindInt64}, {Name: c.column, Kind: plugins.KindString, Nullable: true}}
		l := s.start("fit", source, `{"table": "fit"}`)
		before := s.number("SELECT COALESCE(MAX(id), 0) FROM " + s.name + ".fit")
		l.must(l.write(t.Context(), int(before)+1, int(before)+41, func(b *plugins.Batch, row int) {
			value := c.good
			if row == int(before)+20 {
				value = c.bad
			}
			b.Columns[0].AppendInt(int64(row))
			if value == "" {
				b.Columns[1].AppendNull()
			} else {
				b.Columns[1].AppendString(value)
			}
		}))
		if len(l.refused) != 1 || l.refused[0].Index != 19 || l.refused[0].Column != c.column || l.refused[0].Code != c.code {
			t.Errorf("%s: of %q refused %+v, want row 19 as %s", c.column, c.bad, l.refused, c.code)
			l.must(l.w.Close())
			continue
		}
		if _, err := l.seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		applyAll(t, l.w)
		if got := s.number("SELECT COUNT(*) FROM " + s.name + ".fit WHERE id > " + fmt.Sprint(before) + " AND " + c.column + " IS NOT NULL"); got != 39 {
			t.Errorf("%s: %d rows written, want 39", c.column, got)
		}
	}
}

// What only the server can judge makes a dirty row too, named with its column
// where the server does.
func TestRefusedByTheServer(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE parent (id bigint PRIMARY KEY)", "INSERT INTO parent VALUES (1)",
		`CREATE TABLE child (id bigint PRIMARY KEY, p bigint, l varchar(9) CHARACTER SET latin1, u varchar(9) UNIQUE, c int CHECK (c < 10),
		FOREIGN KEY (p) REFERENCES parent (id))`,
		"CREATE TRIGGER never BEFORE INSERT ON child FOR EACH ROW BEGIN IF NEW.c = -1 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this'; END IF; END")
	source := []plugins.Column{{Name: "id", Kind: plugins.KindInt64}, {Name: "p", Kind: plugins.KindInt64}, {Name: "l", Kind: plugins.KindString},
		{Name: "u", Kind: plugins.KindString}, {Name: "c", Kind: plugins.KindInt64}}
	bad := map[int]struct {
		code   plugins.RowCode
		column string
	}{3: {plugins.RowConstraint, ""}, 5: {plugins.RowEncoding, "l"}, 8: {plugins.RowDuplicate, ""}, 11: {plugins.RowConstraint, ""}, 13: {plugins.RowConstraint, ""}}
	l := s.start("child", source, `{"table": "child"}`)
	l.must(l.write(t.Context(), 0, 40, func(b *plugins.Batch, row int) {
		p, latin, unique, c := int64(1), "é", fmt.Sprint(row), int64(1)
		switch row {
		case 3:
			p = 2
		case 5:
			latin = "中"
		case 8:
			unique = "7"
		case 11:
			c = 10
		case 13:
			c = -1
		}
		b.Columns[0].AppendInt(int64(row))
		b.Columns[1].AppendInt(p)
		b.Columns[2].AppendString(latin)
		b.Columns[3].AppendString(unique)
		b.Columns[4].AppendInt(c)
	}))
	if len(l.refused) != len(bad) {
		t.Fatalf("refused %+v, want rows %v", l.refused, bad)
	}
	for _, r := range l.refused {
		if want := bad[r.Index]; r.Code != want.code || r.Column != want.column || r.Cause == "" {
			t.Errorf("refused %+v, want %+v", r, want)
		}
	}
}
