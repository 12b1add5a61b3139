package postgresql

import (
	"encoding/json"
	"testing"

	"weft/plugins"
)

func unmarshal(text string, c *Config) error { return json.Unmarshal([]byte(text), c) }

// Two readers, each with several splits, see what was there at Acquire, whatever
// is written meanwhile and however often they are opened.
func TestSnapshotIsOneMoment(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i")
	in := func(u *plugins.Setup) { u.Consistency = plugins.ConsistencySnapshot }
	master := s.reader(`{"table": "t"}`, in)
	snapshot, err := master.Acquire(t.Context())
	if err != nil || snapshot.Token == "" || !snapshot.Late || snapshot.Point == "" {
		t.Fatalf("snapshot %+v: %v", snapshot, err)
	}
	s.exec("UPDATE t SET v = 1", "DELETE FROM t WHERE id > 500", "INSERT INTO t VALUES (5000, 5)")
	for range 2 {
		slot := s.reader(`{"table": "t"}`, in)
		slot.minRows, slot.fullRows, slot.firstPage = 10, 10, 100
		if err := slot.Attach(t.Context(), snapshot); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			rows, _ := readAll(t, slot, splitsOf(t, slot, 4))
			if len(rows) != 1000 || rows[0] != "1|0" {
				t.Errorf("%d rows, first %s", len(rows), rows[0])
			}
		}
	}
	if err := master.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := s.reader(`{"table": "t"}`, in)
	err = late.Attach(t.Context(), snapshot)
	if plugins.ReasonOf(err) != plugins.ReasonSnapshotLost || plugins.ClassOf(err) != plugins.Lost {
		t.Errorf("attached to what was released: %v", err)
	}
}

// All pages of a split see one moment, too, unless the job asks for less.
func TestPagesOfASplitAreOneMoment(t *testing.T) {
	for consistency, want := range map[plugins.Consistency]int{plugins.ConsistencySplit: 1000, plugins.ConsistencyNone: 500} {
		s := newSchema(t)
		s.exec("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT i FROM generate_series(1, 1000) i")
		r := s.reader(`{"table": "t"}`, func(u *plugins.Setup) { u.Consistency = consistency })
		r.firstPage = 100
		deleted := false
		rows, _, err := readSplit(t, r, splitsOf(t, r, 1)[0], "", func(_ plugins.Position, n int) {
			if !deleted {
				deleted = true
				s.exec("DELETE FROM t WHERE id > 500")
			}
		})
		if err != nil || len(rows) != want {
			t.Errorf("%s: %d rows, want %d; error %v", consistency, len(rows), want, err)
		}
	}
}

func TestIncrement(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)", "CREATE INDEX ON t (at)",
		"INSERT INTO t SELECT i, timestamptz '2024-01-01Z' + i * interval '1 minute' FROM generate_series(1, 100) i")
	location := ""
	for run, want := range []int{100, 0, 3} {
		if run == 2 {
			s.exec("INSERT INTO t SELECT i, timestamptz '2024-01-02Z' + i * interval '1 minute' FROM generate_series(101, 103) i")
		}
		r := s.reader(`{"table": "t", "increColumn": "at"}`, func(u *plugins.Setup) { u.StartLocation = location })
		until, ok, err := r.Until(t.Context())
		if err != nil || !ok {
			t.Fatal(until, ok, err)
		}
		rows, _ := readAll(t, r, splitsOf(t, r, 2))
		if len(rows) != want {
			t.Errorf("run %d from %q until %q: %d rows, want %d", run, location, until, len(rows), want)
		}
		location = until
	}
}
