package postgresql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// keyed are tables with keys of every kind, 3000 rows each.
var keyed = []struct{ name, ddl, row string }{
	{"bigint with gaps", "k int8 PRIMARY KEY, v int", "i::int8 * i * i * 1000, i"},
	{"dense int", "k int4 PRIMARY KEY, v int", "i - 1500, i"},
	{"numeric", "k numeric PRIMARY KEY, v int", "i / 7.0, i"},
	{"text in a natural collation", `k text COLLATE "und-x-icu" PRIMARY KEY, v int`, "(array['a','B','ä','Z','_','中',' ','''','\\'])[i % 9 + 1] || i, i"},
	{"text by code points", `k text COLLATE "C" PRIMARY KEY, v int`, "chr(65 + i % 50) || i, i"},
	{"char", "k char(12) PRIMARY KEY, v int", "'k' || i, i"},
	{"uuid", "k uuid PRIMARY KEY, v int", "md5(i::text)::uuid, i"},
	{"bytea", "k bytea PRIMARY KEY, v int", "decode(md5(i::text), 'hex'), i"},
	{"date", "k date PRIMARY KEY, v int", "date '0100-01-01 BC' + i * 100, i"},
	{"timestamp", "k timestamp PRIMARY KEY, v int", "timestamp '1999-01-01' + i * interval '7 hours 0.000001 second', i"},
	{"timestamptz", "k timestamptz PRIMARY KEY, v int", "timestamptz '1999-01-01Z' + i * interval '7 hours', i"},
	{"composite", `a int, b text, c date, v int, PRIMARY KEY (a, b, c)`, "i % 3, 'b' || i % 100, date '2020-01-01' + i, i"},
	{"unique without NULLs", "k text NOT NULL UNIQUE, v int", "'k' || i, i"},
}

func TestKeysAreCutAndResumed(t *testing.T) {
	for _, k := range keyed {
		t.Run(k.name, func(t *testing.T) {
			s := newSchema(t)
			s.exec("CREATE TABLE t ("+k.ddl+")", "INSERT INTO t SELECT "+k.row+" FROM generate_series(1, 3000) i")
			want := s.column("SELECT v FROM t ORDER BY v")
			r := s.reader(`{"table": "t", "column": ["v"]}`)
			r.minRows, r.fullRows, r.firstPage = 100, 100, 333
			splits := splitsOf(t, r, 8)
			if len(splits) < 6 || len(splits) > 10 {
				t.Errorf("%d splits, want 8: %v", len(splits), splits)
			}
			var got []string
			for _, split := range splits {
				got = append(got, readWithBreak(t, r, split)...)
			}
			slices.SortFunc(got, func(a, b string) int { return len(a) - len(b) })
			slices.SortStableFunc(got, func(a, b string) int { return pick(len(a) == len(b), strings.Compare(a, b), len(a)-len(b)) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%.2000s", diff)
			}
		})
	}
}

// readWithBreak reads a split up to its middle, closes the reader, and goes on
// from the position.
func readWithBreak(t *testing.T, r *Reader, split plugins.Split) []string {
	t.Helper()
	var middle plugins.Position
	var before int
	all, _, err := readSplit(t, r, split, "", func(p plugins.Position, rows int) {
		if rows < 200 {
			middle, before = p, rows
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	rest, _, err := readSplit(t, r, split, middle, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(all[before:], "\n"), strings.Join(rest, "\n")); diff != "" {
		t.Errorf("%s behind %s (-whole +rest):\n%.1000s", split, middle, diff)
	}
	return append(all[:before:before], rest...)
}

func TestSplitOfNULLs(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, k int)", "CREATE INDEX ON t (k)",
		"INSERT INTO t SELECT i, nullif(i % 10, 0) * 1000 FROM generate_series(1, 2000) i")
	r := s.reader(`{"table": "t", "splitPk": "k"}`)
	r.minRows, r.fullRows = 10, 10
	splits := splitsOf(t, r, 4)
	rows, _ := readAll(t, r, splits)
	slices.Sort(rows)
	if n := len(slices.Compact(rows)); n != 2000 || splits[len(splits)-1].Label != "k is null" {
		t.Errorf("%d rows in %v", n, splits)
	}
}

func TestBlocksOnlyInASnapshot(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (v int, w text)", "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i")
	r := s.reader(`{"table": "t"}`)
	r.minRows, r.fullRows = 100, 100
	if n := len(splitsOf(t, r, 4)); n != 1 {
		t.Errorf("%d splits of a table without a key, want 1", n)
	}
	r = s.reader(`{"table": "t"}`, func(u *plugins.Setup) { u.Consistency = plugins.ConsistencySnapshot })
	r.minRows, r.fullRows = 100, 100
	splits := splitsOf(t, r, 4)
	rows, _ := readAll(t, r, splits)
	slices.Sort(rows)
	if n := len(slices.Compact(rows)); n != 5000 || len(splits) != 4 {
		t.Errorf("%d rows in %v", n, splits)
	}
}

func TestPartitionsAndViews(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (500)",
		"CREATE TABLE p2 PARTITION OF p DEFAULT", "INSERT INTO p SELECT i * 3, 'x' FROM generate_series(1, 1000) i", "CREATE VIEW w AS SELECT * FROM p")
	for settings, want := range map[string]int{`{"table": "p"}`: 4, `{"table": "w"}`: 1, `{"table": "w", "splitPk": "id"}`: 2} {
		r := s.reader(settings)
		r.minRows, r.fullRows = 10, 10
		splits := splitsOf(t, r, 8)
		rows, _ := readAll(t, r, splits)
		slices.Sort(rows)
		if n := len(slices.Compact(rows)); n != 1000 || len(splits) < want {
			t.Errorf("%s: %d rows in %v", settings, n, splits)
		}
	}
}

func TestSettingsOfTheSelection(t *testing.T) {
	s := newSchema(t)
	s.exec(`CREATE SCHEMA "Sales"`, `CREATE TABLE "Sales"."Or ders" ("Id" int PRIMARY KEY, "na""me" text, x int4[])`,
		`INSERT INTO "Sales"."Or ders" SELECT i, 'n' || i, ARRAY[i] FROM generate_series(1, 5) i`)
	for settings, want := range map[string][]string{
		`{"table": "\"Sales\".\"Or ders\"", "where": "\"Id\" > 4"}`:                                                                  {"5|n5|{5}"},
		`{"table": "Or ders", "schema": "Sales", "column": ["na\"me"], "where": "\"Id\" = 1 OR \"Id\" = 2"}`:                         {"n1", "n2"},
		`{"customSql": "SELECT \"Id\" AS a, 1 AS b FROM \"Sales\".\"Or ders\" ORDER BY 1 DESC;", "column": ["a"], "where": "a > 3"}`: {"5", "4"},
	} {
		rows, _ := readAll(t, s.reader(settings), whole())
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s:\n%s", settings, diff)
		}
	}
	sql, err := s.reader(`{"table": "\"Sales\".\"Or ders\""}`).Explain(whole()[0])
	if err != nil || !strings.Contains(sql, `FROM "Sales"."Or ders"`) {
		t.Errorf("explained as %s, %v", sql, err)
	}
}

func TestFarYears(t *testing.T) {
	for iso, want := range map[string]string{
		"2024-02-29": "2024-02-29", "+12345-01-02": "12345-01-02", "-0043-03-15": "0044-03-15 BC", "0000-01-01 00:00:00": "0001-01-01 00:00:00 BC",
		"infinity": "infinity", "-infinity": "-infinity",
	} {
		if got := farYear(iso); got != want {
			t.Errorf("%s: %s, want %s", iso, got, want)
		}
	}
	if got := fmt.Sprint(literal(plugins.KindDecimal, "NaN"), literal(plugins.KindDecimal, "-1.5")); got != "'NaN'-1.5" && got != "'NaN' -1.5" {
		t.Errorf("literals %s", got)
	}
}
