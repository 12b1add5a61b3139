package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"weft/plugins"
)

// accounts makes a table of accounts with 100 each; money only moves.
func accounts(s *schema, rows int) {
	var values []string
	for id := range rows {
		values = append(values, fmt.Sprintf("(%d, 100)", id))
	}
	s.exec("CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)", "INSERT INTO accounts VALUES "+strings.Join(values, ","), "ANALYZE TABLE accounts")
}

// attached returns readers that are attached to one snapshot, and closes them.
func attached(t *testing.T, s *schema, n int) ([]*Reader, plugins.Snapshot) {
	t.Helper()
	master := s.reader(`{"table": "accounts"}`)
	var readers []*Reader
	for range n {
		readers = append(readers, s.reader(`{"table": "accounts"}`, func(setup *plugins.Setup) { setup.Consistency = plugins.ConsistencySnapshot }))
	}
	snapshot, err := master.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		if err := r.Attach(t.Context(), snapshot); err != nil {
			t.Fatal(err)
		}
	}
	if err := master.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	return readers, snapshot
}

// balance sums up what a reader delivers of a split behind a position.
func balance(ctx context.Context, t *testing.T, r *Reader, split plugins.Split, from plugins.Position) (sum int64, rows int, at plugins.Position, err error) {
	t.Helper()
	if err := r.Open(ctx, split, from); err != nil {
		return 0, 0, from, err
	}
	b := plugins.NewBatch(r.setup.Columns)
	at = from
	for {
		b.Reset(r.setup.Columns)
		b.MaxRows = 50
		err := r.Read(ctx, b)
		if err == io.EOF {
			return sum, rows, at, nil
		}
		if err != nil {
			return sum, rows, at, err
		}
		for i := range b.Rows {
			sum += b.Columns[1].Ints[i]
		}
		rows, at = rows+b.Rows, b.Position
	}
}

// Rows change and move between the splits while they are read, one after the
// other: what is seen is one moment.
func TestSnapshotIsOneMoment(t *testing.T) { onServers(t, testSnapshotIsOneMoment) }

func testSnapshotIsOneMoment(t *testing.T, s *schema, _ bool) {
	const rows = 2000
	accounts(s, rows)
	planner := s.reader(`{"table": "accounts"}`)
	planner.minRows, planner.fullRows = 100, 100
	splits := splitsOf(t, planner, 8)
	if len(splits) < 4 {
		t.Fatalf("only %d splits", len(splits))
	}
	readers, snapshot := attached(t, s, 2)
	if snapshot.Late || snapshot.Token == "" {
		t.Errorf("snapshot %+v", snapshot)
	}
	var sum int64
	read := 0
	for i, split := range splits {
		// Money and rows move from what was read to what will be.
		s.exec("UPDATE accounts SET balance = balance - 7 WHERE id < 1000", "UPDATE accounts SET balance = balance + 7 WHERE id >= 1000",
			fmt.Sprintf("DELETE FROM accounts WHERE id = %d", 1900-i), fmt.Sprintf("INSERT INTO accounts VALUES (%d, 93)", 5000+i))
		n, got, _, err := balance(t.Context(), t, readers[i%2], split, "")
		if err != nil {
			t.Fatal(err)
		}
		sum, read = sum+n, read+got
	}
	if sum != 100*rows || read != rows {
		t.Errorf("%d rows with a balance of %d, want %d with %d", read, sum, rows, 100*rows)
	}
}

// A connection with the view that is lost has a spare; a cancelled Read and a
// split left in its middle keep the view; when both connections are gone it is
// said, and nothing else is read instead.
func TestSnapshotOutlivesAConnection(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, filler varchar(400) NOT NULL)",
		"INSERT INTO accounts SELECT seq, 100, REPEAT('x', 400) FROM seq_1_to_40000", "ANALYZE TABLE accounts")
	split := splitsOf(t, s.reader(`{"table": "accounts"}`), 1)[0]
	readers, _ := attached(t, s, 1)
	r := readers[0]
	s.exec("UPDATE accounts SET balance = 0")
	ctx, cancel := context.WithCancel(t.Context())
	if err := r.Open(ctx, split, ""); err != nil {
		t.Fatal(err)
	}
	b := plugins.NewBatch(r.setup.Columns)
	if err := r.Read(ctx, b); err != nil {
		t.Fatal(err)
	}
	cancel()
	b.Reset(r.setup.Columns)
	if err := r.Read(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read: %v", err)
	}
	thread := r.wire.who.thread
	if sum, rows, _, err := balance(t.Context(), t, r, split, ""); err != nil || sum != 4_000_000 || rows != 40_000 {
		t.Errorf("after a split left in its middle: %d rows with %d, %v", rows, sum, err)
	}
	if r.wire.who.thread != thread {
		t.Error("the connection was given up without need")
	}
	s.exec("KILL " + r.wire.who.thread)
	if _, _, _, err := balance(t.Context(), t, r, split, ""); plugins.ClassOf(err) != plugins.Transient {
		t.Errorf("a killed connection: %v", err)
	}
	if sum, rows, _, err := balance(t.Context(), t, r, split, ""); err != nil || sum != 4_000_000 {
		t.Errorf("over the spare: %d rows with %d, %v", rows, sum, err)
	}
	s.exec("KILL " + r.wire.who.thread)
	if _, _, _, err := balance(t.Context(), t, r, split, ""); plugins.ClassOf(err) != plugins.Transient {
		t.Errorf("a killed spare: %v", err)
	}
	for range 2 {
		_, rows, _, err := balance(t.Context(), t, r, split, "")
		if plugins.ReasonOf(err) != plugins.ReasonSnapshotLost || plugins.ClassOf(err) != plugins.Lost || rows > 0 {
			t.Errorf("without the view: %d rows, %v", rows, err)
		}
	}
}

// A pause keeps the view, of the run and of a split.
func TestPauseKeepsTheView(t *testing.T) { onServers(t, testPauseKeepsTheView) }

func testPauseKeepsTheView(t *testing.T, s *schema, _ bool) {
	accounts(s, 5000)
	split := splitsOf(t, s.reader(`{"table": "accounts"}`), 1)[0]
	readers, _ := attached(t, s, 1)
	for name, r := range map[string]*Reader{"run": readers[0], "split": s.reader(`{"table": "accounts"}`)} {
		if err := r.Open(t.Context(), split, ""); err != nil {
			t.Fatal(err)
		}
		b := plugins.NewBatch(r.setup.Columns)
		var sum int64
		for reads := 0; ; reads++ {
			if reads%3 == 0 {
				s.exec("UPDATE accounts SET balance = balance + 1")
				for range 2 {
					if err := r.Pause(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			b.Reset(r.setup.Columns)
			b.MaxRows = 400
			err := r.Read(t.Context(), b)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Rows {
				sum += b.Columns[1].Ints[i]
			}
		}
		if sum%5000 != 0 || sum/5000 < 100 {
			t.Errorf("%s: a balance of %d over 5000 accounts is no moment's", name, sum)
		}
		s.exec("UPDATE accounts SET balance = 100")
	}
}

func TestSnapshotThatCannotBeTaken(t *testing.T) {
	s := newSchema(t)
	accounts(s, 10)
	s.exec("CREATE TABLE heaped (id int PRIMARY KEY) ENGINE=MyISAM",
		"CREATE OR REPLACE USER 'modest'@'127.0.0.1' IDENTIFIED BY 'modest'", "GRANT SELECT ON "+s.name+".* TO 'modest'@'127.0.0.1'")
	for name, c := range map[string]struct {
		settings string
		reason   plugins.Reason
		text     string
	}{
		"no right":        {`{"table": "accounts", "username": "modest", "password": "modest"}`, plugins.ReasonPermission, "GRANT RELOAD"},
		"no transactions": {`{"table": "heaped"}`, plugins.ReasonConfig, "MyISAM"},
		"two servers": {`{"table": "", "connection": [{"jdbcUrl": ["jdbc:mysql://` + s.db.Addr() + `/` + s.name + `"], "table": ["accounts"]},
			{"jdbcUrl": ["jdbc:mysql://localhost:` + strconv.Itoa(s.db.Port) + `/` + s.name + `"], "table": ["accounts"]}], "url": ""}`, plugins.ReasonConfig, "2 servers"},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := NewReader(s.on(t).config(c.settings), s.setup())
			if err != nil {
				t.Fatal(err)
			}
			defer made.Close()
			_, err = made.(*Reader).Acquire(t.Context())
			if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != c.reason || !strings.Contains(err.Error()+hintOf(err), c.text) {
				t.Errorf("%v, hint %q", err, hintOf(err))
			}
		})
	}
}

// Nobody who attaches while the lock is gone unnoticed is told that all is well.
func TestLockThatEndedIsNoticed(t *testing.T) {
	s := newSchema(t)
	accounts(s, 10)
	master := s.reader(`{"table": "accounts"}`)
	if _, err := master.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.exec("KILL " + master.lock.who.thread)
	if err := master.Release(t.Context()); plugins.ReasonOf(err) != plugins.ReasonSnapshotLost {
		t.Errorf("released: %v", err)
	}
	late := s.reader(`{"table": "accounts"}`)
	if err := late.Attach(t.Context(), plugins.Snapshot{Token: "elsewhere/1"}); plugins.ReasonOf(err) != plugins.ReasonSnapshotLost {
		t.Errorf("attached to another server's snapshot: %v", err)
	}
}
