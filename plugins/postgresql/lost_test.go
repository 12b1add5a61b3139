package postgresql

import (
	"fmt"
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
