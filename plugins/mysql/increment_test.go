package mysql

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// until asks for the upper end and reads what lies below it.
func untilAndRows(t *testing.T, r *Reader) (string, []string) {
	t.Helper()
	location, ok, err := r.Until(t.Context())
	if err != nil || !ok {
		t.Fatal(location, ok, err)
	}
	rows, _ := readAll(t, r, splitsOf(t, r, 3))
	slices.Sort(rows)
	return location, rows
}

// Each run reads what was added since the one before, up to what was there
// when it began; rows without a value are in none.
func TestIncrement(t *testing.T) { onServers(t, testIncrement) }

func testIncrement(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE i (id int PRIMARY KEY, at datetime(3), KEY (at))",
		"INSERT INTO i VALUES (1, '2024-01-01 10:00:00.5'), (2, '2024-01-02'), (3, NULL)")
	settings := `{"table": "i", "column": ["id"], "increColumn": "at"}`
	start := func(at string) func(*plugins.Setup) { return func(u *plugins.Setup) { u.StartLocation = at } }
	at, rows := untilAndRows(t, s.reader(settings))
	if at != "2024-01-02 00:00:00.000" || !cmp.Equal(rows, []string{"1", "2"}) {
		t.Fatalf("%s %v", at, rows)
	}
	again, rows := untilAndRows(t, s.reader(settings, start(at)))
	if again != at || len(rows) != 0 {
		t.Fatalf("nothing new, yet %s %v", again, rows)
	}
	s.exec("INSERT INTO i VALUES (4, '2024-01-02 00:00:00.001'), (5, '2024-01-01'), (6, '2024-01-03')")
	r := s.reader(settings, start(at))
	if _, _, err := r.Until(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.exec("INSERT INTO i VALUES (7, '2024-01-04')") // too late for this run
	rows, _ = readAll(t, r, splitsOf(t, r, 1))
	slices.Sort(rows)
	if !cmp.Equal(rows, []string{"4", "6"}) {
		t.Fatal(rows)
	}
}

// With useMaxFunc the newest value waits for the next run, and startLocation
// is inclusive, as in FlinkX.
func TestIncrementUseMaxFunc(t *testing.T) { onServers(t, testIncrementUseMaxFunc) }

func testIncrementUseMaxFunc(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE i (id int PRIMARY KEY, n bigint, KEY (n))", "INSERT INTO i VALUES (1, 10), (2, 20), (3, 20), (4, 30), (5, 30)")
	settings := `{"table": "i", "column": ["id", "n"], "increColumn": "1", "startLocation": 10, "useMaxFunc": true}`
	at, rows := untilAndRows(t, s.reader(settings))
	if at != "20" || !cmp.Equal(rows, []string{"1|10", "2|20", "3|20"}) {
		t.Errorf("%s %v", at, rows)
	}
	s.exec("INSERT INTO i VALUES (6, 31)")
	at, rows = untilAndRows(t, s.reader(settings, func(u *plugins.Setup) { u.StartLocation = at }))
	if at != "30" || !cmp.Equal(rows, []string{"4|30", "5|30"}) {
		t.Errorf("%s %v", at, rows)
	}
}

func TestIncrementOfEmptyTable(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE i (id bigint unsigned PRIMARY KEY)")
	at, rows := untilAndRows(t, s.reader(`{"table": "i", "increColumn": "id"}`))
	if at != "" || len(rows) != 0 {
		t.Errorf("%q %v", at, rows)
	}
	s.exec("INSERT INTO i VALUES (18446744073709551615)")
	if at, rows = untilAndRows(t, s.reader(`{"table": "i", "increColumn": "id"}`)); at != "18446744073709551615" || len(rows) != 1 {
		t.Errorf("%q %v", at, rows)
	}
}

func TestIncrementOverTables(t *testing.T) {
	s := newSchema(t)
	for i := range 3 {
		s.exec(fmt.Sprintf("CREATE TABLE i_%d (id int PRIMARY KEY, d decimal(5,1))", i), fmt.Sprintf("INSERT INTO i_%d VALUES (%d, %d.5), (10, 1)", i, i, 9-i))
	}
	at, rows := untilAndRows(t, s.reader(`{"table": "i_[0-2]", "increColumn": "d", "startLocation": "1.0"}`))
	if at != "9.5" || !cmp.Equal(rows, []string{"0|9.5", "1|8.5", "2|7.5"}) {
		t.Errorf("%s %v", at, rows)
	}
}

// startLocation comes in many forms; those without a zone are read in the
// job's.
func TestStartOf(t *testing.T) {
	east := time.FixedZone("", 8*3600)
	for _, c := range []struct {
		kind       plugins.Kind
		text, want string
	}{
		{plugins.KindInt64, "-5", "-5"},
		{plugins.KindUint64, "18446744073709551615", "18446744073709551615"},
		{plugins.KindDecimal, "1.50", "1.50"},
		{plugins.KindDate, "2024-02-29", "2024-02-29"},
		{plugins.KindDate, "1700000000000", "2023-11-15"},
		{plugins.KindDatetime, "2024-02-29", "2024-02-29 00:00:00.000000"},
		{plugins.KindDatetime, "1700000000", "2023-11-15 06:13:20.000000"},
		{plugins.KindDatetime, "1700000000123", "2023-11-15 06:13:20.123000"},
		{plugins.KindDatetime, "1700000000123456", "2023-11-15 06:13:20.123456"},
		{plugins.KindTimestamp, "1700000000", "2023-11-14 22:13:20.000000"},
		{plugins.KindTimestamp, "2023-11-15 06:13:20", "2023-11-14 22:13:20.000000"},
		{plugins.KindInt64, "", ""},
	} {
		got, err := startOf(c.kind, c.text, east)
		if got != c.want || err != nil {
			t.Errorf("%s %q: %q, %v; want %q", c.kind, c.text, got, err, c.want)
		}
	}
	for kind, text := range map[plugins.Kind]string{plugins.KindInt64: "2024-01-01", plugins.KindDatetime: "17000000001", plugins.KindDate: "now"} {
		if got, err := startOf(kind, text, east); err == nil {
			t.Errorf("%s %q: %q, want an error", kind, text, got)
		}
	}
}

func TestIncrementColumnThatCannotCount(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE i (id int PRIMARY KEY, v varchar(5))")
	_, _, err := s.reader(`{"table": "i", "increColumn": "v"}`).Until(t.Context())
	if e := errorOf(t, err); e.Class != plugins.Fatal || e.Reason != plugins.ReasonConfig {
		t.Error(err)
	}
}
