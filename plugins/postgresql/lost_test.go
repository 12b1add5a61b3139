package postgresql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"weft/plugins"
	"weft/test/proxy"
)

// When the answer to COMMIT is lost, the checkpoint row is read back: the unit
// counts, once, and the writer goes on, in every mode.
func TestLostAnswerToCommitIsReadBack(t *testing.T) {
	for _, mode := range []string{"insert", "update"} {
		s := newSchema(t)
		s.exec("CREATE TABLE t (id int PRIMARY KEY, s text)")
		p, err := proxy.Listen(s.db.Addr())
		if err != nil {
			t.Fatal(err)
		}
		n := s.begin("r1", "id s", fmt.Sprintf(`{"table": "t", "writeMode": %q, "url": "postgresql://%s/%s?sslmode=disable"}`, mode, p.Addr(), s.name))
		n.write("1|a", "2|b")
		dropped := p.DropAnswerTo([]byte("COMMIT\x00"))
		m := n.seal()
		select {
		case <-dropped:
		default:
			t.Fatal("no answer was dropped")
		}
		n.write("3|c")
		n.finish(m, n.seal())
		if got := s.number("SELECT count(*) FROM t"); got != 3 {
			t.Errorf("%s: %d rows, want 3", mode, got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What did not happen is an error that may be tried again, and the next attempt
// finds the unit before it.
func TestLostRowsAreWrittenAgain(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY, s text)")
	p, err := proxy.Listen(s.db.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	n := s.begin("r1", "id s", fmt.Sprintf(`{"table": "t", "url": "postgresql://%s/%s?sslmode=disable"}`, p.Addr(), s.name))
	n.write("1|a")
	first := n.seal()
	n.write("2|b")
	p.Cut()
	_, err = n.w.Seal(t.Context(), n.unit)
	if plugins.ClassOf(err) != plugins.Transient {
		t.Fatalf("sealed over a dead connection: %v", err)
	}
	next := n.attempt
	next.Number = 2
	held, err := n.w.Open(t.Context(), next)
	if err != nil || held == nil || held.Sequence != first.Sequence {
		t.Fatalf("held %+v, error %v", held, err)
	}
	n.unit.Sequence = 1
	n.write("2|b")
	n.finish(first, n.seal())
	if got := s.number("SELECT count(*) FROM t"); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

// Resets at any place, thirty of them, lose no row and double none; the
// positions go on ascending.
func TestResetsOfTheSource(t *testing.T) {
	s := newSchema(t)
	const rows = 20_000
	s.exec("CREATE TABLE t (id int PRIMARY KEY, v text)", fmt.Sprintf("INSERT INTO t SELECT i, repeat('x', i %% 300) FROM generate_series(1, %d) i", rows))
	p, err := proxy.Listen(s.db.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := s.reader(`{"table": "t"}`)
	split := splitsOf(t, r, 1)[0]
	setup := s.setup()
	setup.Columns = r.setup.Columns
	made, err := NewReader(s.config(fmt.Sprintf(`{"table": "t", "url": "postgresql://%s/%s?sslmode=disable"}`, p.Addr(), s.name)), setup)
	if err != nil {
		t.Fatal(err)
	}
	broken := made.(*Reader)
	defer broken.Close()
	broken.firstPage = 1500
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	left := 30
	p.CutEach(func() int64 {
		if left--; left < 0 {
			return -1
		}
		return 20_000 + random.Int64N(100_000)
	})
	got, refused, err := readSplit(t, broken, split, "", nil)
	if err != nil || len(got) != rows || len(refused) > 0 {
		t.Fatalf("seed %d: %d rows, %d refused after %d resets: %v", seed, len(got), len(refused), p.Cuts(), err)
	}
	for i, row := range got {
		if !strings.HasPrefix(row, fmt.Sprint(i+1, "|")) {
			t.Fatalf("seed %d: row %d is %.20s", seed, i+1, row)
		}
	}
	if p.Cuts() < 15 {
		t.Errorf("only %d resets", p.Cuts())
	}
}
