package postgresql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// writing is a run with one attempt on one table.
type writing struct {
	t       testing.TB
	w       *Writer
	columns []plugins.Column
	attempt plugins.Attempt
	unit    plugins.Unit
}

// begin prepares a run and opens an attempt that writes texts; the columns are
// those of the table that are named.
func (s *schema) begin(run string, names string, settings ...string) *writing {
	s.t.Helper()
	w := s.newWriter(run, settings...)
	n := &writing{t: s.t, w: w}
	for name := range strings.FieldsSeq(names) {
		n.columns = append(n.columns, plugins.Column{Name: name, Kind: plugins.KindString, Nullable: true})
	}
	target, found, err := w.Map(s.t.Context(), n.columns)
	if err != nil || hasFail(found) {
		s.t.Fatal(err, found)
	}
	for _, err := range []error{w.Prepare(s.t.Context()), w.Fence(s.t.Context(), 1, nil)} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	n.attempt = plugins.Attempt{Run: run, Generation: 1, Number: 1, Columns: n.columns, Target: target}
	if _, err := w.Open(s.t.Context(), n.attempt); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// batch makes a batch of rows, values parted by |, NULL spelt so.
func (n *writing) batch(rows ...string) *plugins.Batch {
	b := plugins.NewBatch(n.columns)
	b.MaxRows = len(rows) + 1
	for _, row := range rows {
		for i, value := range strings.Split(row, "|") {
			if value == "NULL" {
				b.Columns[i].AppendNull()
			} else {
				b.Columns[i].AppendString(value)
			}
		}
		b.EndRow(len(row))
	}
	return b
}

// write returns the refusals as "index column code".
func (n *writing) write(rows ...string) []string {
	n.t.Helper()
	err := n.w.Write(n.t.Context(), n.batch(rows...))
	var refused *plugins.RowErrors
	if err != nil && !errors.As(err, &refused) {
		n.t.Fatal(err)
	}
	if refused == nil {
		return nil
	}
	var list []string
	for _, r := range refused.Rows {
		list = append(list, fmt.Sprintf("%d %s %s", r.Index, r.Column, r.Code))
	}
	return list
}

func (n *writing) seal() plugins.Manifest {
	n.t.Helper()
	m, err := n.w.Seal(n.t.Context(), n.unit)
	if err != nil {
		n.t.Fatal(err)
	}
	n.unit.Sequence++
	return m
}

// finish commits the run.
func (n *writing) finish(units ...plugins.Manifest) {
	n.t.Helper()
	ops, err := n.w.Plan(n.t.Context(), units)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, op := range ops {
		if err := n.w.Apply(n.t.Context(), op); err != nil {
			n.t.Fatalf("%s: %v", op.Label, err)
		}
	}
}

func TestRefusedRowsNameTheColumn(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE TABLE parent (id int PRIMARY KEY)", "INSERT INTO parent VALUES (1)",
		`CREATE TABLE t (id int PRIMARY KEY, v varchar(3), n numeric(4,1), i int2, d date, u uuid, j jsonb, s text NOT NULL CHECK (s <> 'bad'), p int REFERENCES parent)`,
		"INSERT INTO t VALUES (5, 'x', 0, 0, NULL, NULL, NULL, 'x', NULL)")
	n := s.begin("r1", "id v n i d u j s p", `{"table": "t"}`)
	const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
	got := n.write("1|abc|999.9|1|2024-01-01|"+uuid+"|{}|ok|1", // 0: good
		"2|abcd|1|1|NULL|NULL|NULL|ok|NULL",      // too long
		"3|a|1000|1|NULL|NULL|NULL|ok|NULL",      // overflow
		"4|a|1.25|1|NULL|NULL|NULL|ok|NULL",      // precision
		"6|a|1|40000|NULL|NULL|NULL|ok|NULL",     // overflow
		"7|a|1|1|2024-02-30|NULL|NULL|ok|NULL",   // no such day
		"8|a|1|1|NULL|nouuid|NULL|ok|NULL",       // conversion
		"9|a|1|1|NULL|NULL|{nojson|ok|NULL",      // conversion, told by the server
		"10|a|1|1|NULL|NULL|NULL|NULL|NULL",      // NULL
		"11|a|1|1|NULL|NULL|NULL|bad|NULL",       // check
		"12|a|1|1|NULL|NULL|NULL|ok|2",           // foreign key
		"5|a|1|1|NULL|NULL|NULL|ok|NULL",         // duplicate of what is there
		"1|a|1|1|NULL|NULL|NULL|ok|NULL",         // duplicate within the batch
		"13|a|1|1|NULL|NULL|NULL|a\x00b|NULL",    // character 0
		"NULL|a|1|1|NULL|NULL|NULL|ok|NULL",      // NULL in the key
		"14|a|1|1|NULL|NULL|\"\\u0000\"|ok|NULL", // what jsonb cannot hold
		"15|a|1|1|NULL|NULL|NULL|ok|NULL")        // good
	want := []string{"1 v too_long", "2 n overflow", "3 n precision", "4 i overflow", "5 d overflow", "6 u conversion", "7 j conversion",
		"8 s null", "9  constraint", "10  constraint", "11  duplicate", "12  duplicate", "13 s encoding", "14 id null", "15 j encoding"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if more := n.write("16|a|1|1|NULL|NULL|NULL|ok|NULL"); more != nil {
		t.Errorf("after refusals: %q", more)
	}
	n.finish(n.seal())
	if diff := cmp.Diff([]string{"1", "5", "15", "16"}, s.column("SELECT id FROM t ORDER BY id")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A foreign key that is deferred is checked at COMMIT, which then is an error of
// the unit, never a success.
func TestRollbackAtCommitIsAnError(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE parent (id int PRIMARY KEY)", "CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
	n := s.begin("r1", "id p", `{"table": "t"}`)
	if refused := n.write("1|7"); refused != nil {
		t.Fatalf("refused %q", refused)
	}
	if _, err := n.w.Seal(t.Context(), n.unit); err == nil {
		t.Error("sealed what the server rolled back")
	}
	if got := s.number("SELECT count(*) FROM t"); got != 0 {
		t.Errorf("%d rows", got)
	}
}

// One bad row among n costs at most 2 log2 n statements more.
func TestBadRowIsFoundByHalving(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, s text CHECK (s <> 'bad'))", "CREATE SEQUENCE copies",
		"CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('copies'); RETURN NULL; END $$",
		"CREATE TRIGGER counted BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION counted()")
	n := s.begin("r1", "id s", `{"table": "t"}`)
	rows := make([]string, 1024)
	for i := range rows {
		rows[i] = fmt.Sprintf("%d|ok", i)
	}
	rows[700] = "700|bad"
	if got := n.write(rows...); len(got) != 1 || got[0] != "700  constraint" {
		t.Errorf("refused %q", got)
	}
	n.seal()
	if got := s.number("SELECT last_value FROM copies"); got > 1+2*10 {
		t.Errorf("%d statements for one bad row among 1024, want at most 21", got)
	}
	if got := s.number("SELECT count(*) FROM t"); got != 1023 {
		t.Errorf("%d rows", got)
	}
}

func TestUpsertAndReplace(t *testing.T) {
	for mode, want := range map[string][]string{
		"update":  {"1|old|kept", "2|new2|kept", "3|last|standard", "4|only|standard"},
		"replace": {"1|old|kept", "2|new2|standard", "3|last|standard", "4|only|standard"},
	} {
		for _, columns := range []string{"id int", "id int GENERATED ALWAYS AS IDENTITY"} {
			s := newSchema(t)
			s.exec("CREATE TABLE t ("+columns+" PRIMARY KEY, a text, b text DEFAULT 'standard', c interval, g int GENERATED ALWAYS AS (1) STORED)",
				"INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1, 'old', 'kept'), (2, 'old', 'kept')")
			for range 2 { // once more changes nothing
				n := s.begin("r1", "id a", `{"table": "t", "updateKey": {"key": ["ID"]}, "writeMode": "`+mode+`"}`)
				if refused := n.write("3|first", "2|new2", "3|last", "4|only"); refused != nil {
					t.Errorf("refused %q", refused)
				}
				n.finish(n.seal())
			}
			if diff := cmp.Diff(want, s.column("SELECT id || '|' || a || '|' || b FROM t ORDER BY id")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", mode, diff)
			}
		}
	}
}

func TestTypesWithoutAnEncoder(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE TABLE t (id int PRIMARY KEY, m mood, a int4[], i inet, v interval, x text, b bytea, d date)")
	n := s.begin("r1", "id m a i v x d", `{"table": "t"}`)
	got := n.write("1|ok|{1,2}|10.0.0.1|1 day|tab\t\\N\n\\.|-0043-03-15", "2|glad|NULL|NULL|NULL|NULL|NULL", "3|sad|{|NULL|NULL|NULL|NULL", "4|NULL|NULL|NULL|NULL||NULL")
	if diff := cmp.Diff([]string{"1 m conversion", "2 a conversion"}, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	n.finish(n.seal())
	want := []string{"1,ok,\"{1,2}\",10.0.0.1,\"1 day\",\"tab\t\\\\N\n\\\\.\",,\"0044-03-15 BC\"", `4,,,,,"",,`}
	got = s.column("SELECT trim(both '()' FROM t::text) FROM t ORDER BY id")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// numbers of every length come back as they went.
func TestNumericGoesAsItIs(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, n numeric)")
	n := s.begin("r1", "id n", `{"table": "t"}`)
	values := []string{"0", "0.0", "-0.000", "1", "10", "9999", "10000", "100000000", "-123456789.123456789", "0.0001", "0.00001", "0.000000001",
		"1000000000000000000000000000000.000000000000000000000000000001", "9999.9999", "-10000.00010000"}
	rows := make([]string, len(values))
	for i, v := range values {
		rows[i] = fmt.Sprintf("%d|%s", i, v)
	}
	if refused := n.write(rows...); refused != nil {
		t.Fatalf("refused %q", refused)
	}
	n.seal()
	got := s.column("SELECT n FROM t ORDER BY id")
	values[2] = "0.000" // the server has no negative zero
	if diff := cmp.Diff(values, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestStagingSwapsWithEverything(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE ROLE clerk", "CREATE TABLE t (id serial PRIMARY KEY, n int GENERATED BY DEFAULT AS IDENTITY, s text)", "GRANT SELECT ON t TO clerk",
		"INSERT INTO t (s) SELECT 'old' FROM generate_series(1, 10)")
	n := s.begin("r1", "id s", `{"table": "t", "mode": "staging", "preSql": ["UPDATE t SET s = 'older'"], "postSql": "INSERT INTO t (s) VALUES ('post')"}`)
	n.write("100|new", "101|new")
	m := n.seal()
	if got := s.number("SELECT count(*) FROM t WHERE s = 'older'"); got != 10 {
		t.Errorf("%d old rows before the commit", got)
	}
	n.finish(m)
	n.finish(m)
	want := []string{"11|13|post", "100|1|new", "101|2|new"}
	got := s.column("SELECT id || '|' || n || '|' || s FROM t ORDER BY id")
	if len(got) != 3 || got[0][:3] != want[0][:3] || !strings.HasSuffix(got[2], "new") {
		t.Errorf("rows %q", got)
	}
	if s.column("SELECT has_table_privilege('clerk', 't', 'SELECT')")[0] != "t" {
		t.Error("the grant is gone")
	}
	if left := s.column("SELECT relname FROM pg_class WHERE relname LIKE '\\_weft%' AND relkind = 'r' AND relname <> '_weft_checkpoint'"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	s.exec("CREATE VIEW v AS SELECT * FROM t")
	w := s.newWriter("r2", `{"table": "t", "mode": "staging"}`)
	if err := w.Prepare(t.Context()); plugins.ReasonOf(err) != plugins.ReasonConfig || !strings.Contains(err.Error(), "views (v)") {
		t.Errorf("a table with a view: %v", err)
	}
}

// The session of an attempt that hangs with rows locked is ended by the attempt
// that replaces it.
func TestHangingAttemptIsReplaced(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, s text)")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	old := s.begin("r1", "id s", `{"table": "t"}`)
	old.write("1|old")
	if _, err := old.w.session.Exec(ctx, "UPDATE _weft_checkpoint SET attempt = attempt"); err != nil { // it hangs before COMMIT
		t.Fatal(err)
	}
	next := s.newWriter("r1", `{"table": "t"}`)
	a := old.attempt
	a.Number = 2
	if held, err := next.Open(ctx, a); err != nil || held != nil {
		t.Fatalf("held %v, error %v", held, err)
	}
	fresh := &writing{t: t, w: next, columns: old.columns, attempt: a}
	fresh.write("1|new")
	fresh.seal()
	if _, err := old.w.Seal(ctx, plugins.Unit{}); err == nil {
		t.Error("the replaced attempt sealed")
	}
	if got := s.column("SELECT s FROM t"); len(got) != 1 || got[0] != "new" {
		t.Errorf("rows %q", got)
	}
}

func TestContendedIsTriedAgain(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, s text)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
	n := s.begin("r1", "id s", `{"table": "t", "writeMode": "update", "session": ["SET lock_timeout = '200ms'"]}`)
	other := s.newWriter("other", `{"table": "t"}`)
	if err := other.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"BEGIN", "UPDATE t SET s = 'x' WHERE id = 1"} {
		if _, err := other.session.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan []string, 1)
	go func() { done <- n.write("1|new", "2|new") }()
	// A try waits for the lock; once it is let go, that one or the next succeeds.
	if err := awaitRow(t.Context(), s, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%weft_incoming%'"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.session.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if refused := <-done; refused != nil {
		t.Errorf("refused %q", refused)
	}
	n.seal()
	if got := s.column("SELECT s FROM t ORDER BY id"); got[0] != "new" || got[1] != "new" {
		t.Errorf("rows %q", got)
	}
}

// awaitRow polls until a query gives a row.
func awaitRow(ctx context.Context, s *schema, query string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		rows, err := s.db.Query(ctx, s.name, query)
		if err != nil || len(rows) > 0 {
			return err
		}
	}
}
