package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/plugins"
	"weft/test/proxy"
)

// F22: the answer to COMMIT is lost. The writer reads back what became of it, and
// seals the unit that was committed; nothing is written twice.
func TestF22AnswerToCommitLost(t *testing.T) { onServers(t, testAnswerToCommitLost) }

func testAnswerToCommitLost(t *testing.T, s *schema, _ bool) {
	p, err := proxy.Listen(s.db.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s.exec("CREATE TABLE lost" + pair)
	settings := fmt.Sprintf(`{"table": "lost", "url": "jdbc:mysql://%s/%s?useSSL=false"}`, p.Addr(), s.name)
	l := s.start("lost", pairColumns(), settings)
	for unit := range 3 {
		l.must(l.write(t.Context(), unit*100, unit*100+100, pairRow))
		dropped := p.DropAnswerTo([]byte("COMMIT"))
		m, err := l.seal(t.Context())
		l.must(err)
		<-dropped
		if m.Sequence != unit {
			t.Errorf("sealed unit %d, want %d", m.Sequence, unit)
		}
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".lost"); got != 300 {
		t.Errorf("%d rows, want 300", got)
	}
}

// The connection is lost before COMMIT reaches the server: the unit is not
// sealed, and the next attempt writes it.
func TestConnectionLostBeforeCommit(t *testing.T) {
	s := newSchema(t)
	p, err := proxy.Listen(s.db.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s.exec("CREATE TABLE gone" + pair)
	settings := fmt.Sprintf(`{"table": "gone", "url": "jdbc:mysql://%s/%s?useSSL=false"}`, p.Addr(), s.name)
	l := s.start("gone", pairColumns(), settings)
	l.must(l.write(t.Context(), 0, 100, pairRow))
	p.Cut()
	if _, err := l.seal(t.Context()); plugins.ClassOf(err) != plugins.Transient {
		t.Fatalf("seal over a lost connection: %v, want a transient error", err)
	}
	again := s.open("gone", pairColumns(), l.attempt.Target, 0, 2, settings)
	if again.unit.Sequence != 0 {
		t.Fatalf("the target holds %d units, want none", again.unit.Sequence)
	}
	again.must(again.write(t.Context(), 0, 100, pairRow))
	if _, err := again.seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".gone"); got != 100 {
		t.Errorf("%d rows, want 100", got)
	}
}

// An attempt that hangs with a transaction open does not keep its successor
// waiting: its session is ended. What it does when it wakes up changes nothing.
func TestZombieIsFenced(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE zombie" + pair)
	old := s.start("zombie", pairColumns(), `{"table": "zombie"}`)
	old.must(old.write(t.Context(), 0, 100, pairRow))

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // shorter than a wait for a lock
	defer cancel()
	young := s.open("zombie", pairColumns(), old.attempt.Target, 0, 2, `{"table": "zombie"}`)
	young.must(young.write(ctx, 0, 100, pairRow))
	_, err := young.seal(ctx)
	young.must(err)

	if _, err := old.seal(t.Context()); err == nil {
		t.Error("the attempt that was replaced sealed")
	}
	_, err = old.w.Open(t.Context(), old.attempt)
	if plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("the attempt that was replaced opened again: %v, want it fenced", err)
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".zombie"); got != 100 {
		t.Errorf("%d rows, want 100", got)
	}
}

// Without the ending of sessions, too, compare-and-set alone stops an old
// attempt: its rows and its checkpoint go together.
func TestCompareAndSetStopsTheOldAttempt(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE cas" + pair)
	l := s.start("cas", pairColumns(), `{"table": "cas"}`)
	l.must(l.write(t.Context(), 0, 100, pairRow))
	s.exec("UPDATE _weft_checkpoint SET generation = 2, attempt = 2 WHERE run = 'cas' AND split = 0")
	if _, err := l.seal(t.Context()); plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("seal: %v, want it fenced", err)
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".cas"); got != 0 {
		t.Errorf("%d rows of a fenced attempt", got)
	}
}

// A target that was restored from a copy lacks units that the journal has: the
// run ends with an error that says so.
func TestTargetThatWasRestored(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE restored" + pair)
	l := s.start("restored", pairColumns(), `{"table": "restored"}`)
	for unit := range 2 {
		l.must(l.write(t.Context(), unit*10, unit*10+10, pairRow))
		_, err := l.seal(t.Context())
		l.must(err)
	}
	s.exec("UPDATE _weft_checkpoint SET sequence = 0, manifest = REPLACE(manifest, '\"sequence\":1', '\"sequence\":0') WHERE run = 'restored' AND split = 0",
		"DELETE FROM restored WHERE id >= 10")
	l.must(l.write(t.Context(), 20, 30, pairRow))
	_, err := l.seal(t.Context())
	if plugins.ReasonOf(err) != plugins.ReasonChanged || plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("seal: %v, want a fatal error: changed", err)
	}
	last := plugins.Manifest{Unit: plugins.Unit{Sequence: 1}}
	if _, err := l.w.Plan(t.Context(), []plugins.Manifest{last}); plugins.ReasonOf(err) != plugins.ReasonGone {
		t.Errorf("plan: %v, want an error: gone", err)
	}
	first := plugins.Manifest{Unit: plugins.Unit{Sequence: 0}}
	if err := l.w.Audit(t.Context(), []plugins.Manifest{first}); err != nil {
		t.Errorf("audit of what is there: %v", err)
	}
	s.exec("DELETE FROM _weft_checkpoint WHERE run = 'restored'")
	if err := l.w.Audit(t.Context(), nil); plugins.ReasonOf(err) != plugins.ReasonGone {
		t.Errorf("audit of checkpoints that were removed: %v, want an error: gone", err)
	}
	s.exec("DROP TABLE _weft_checkpoint")
	if err := l.w.Audit(t.Context(), nil); plugins.ReasonOf(err) != plugins.ReasonGone {
		t.Errorf("audit of a table that was dropped: %v, want an error: gone", err)
	}
}

// A table without transactions is refused with what to do about it; without
// exactly-once it is written row by row.
func TestTableWithoutTransactions(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE my"+pair+" ENGINE = MyISAM", "INSERT INTO my VALUES (7, 'old')")
	w, err := s.newWriter("my", `{"table": "my"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Prepare(t.Context())
	if e := errorOf(t, err); e.Reason != plugins.ReasonConfig || !strings.Contains(e.Hint, "ENGINE = InnoDB") || !strings.Contains(e.Hint, "exactlyOnce") {
		t.Errorf("prepare: %v, hint %q", err, e.Hint)
	}
	found := w.Check(t.Context())
	if last := found[len(found)-1]; last.Severity != plugins.Fail || !strings.Contains(last.Text, "MyISAM") {
		t.Errorf("check: %+v", found)
	}
	l := s.start("my", pairColumns(), `{"table": "my", "exactlyOnce": false}`)
	l.must(l.write(t.Context(), 0, 40, pairRow))
	_, err = l.seal(t.Context())
	l.must(err)
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".my"); got != 40 || len(l.refused) != 1 || l.refused[0].Index != 7 {
		t.Errorf("%d rows, refused %+v", got, l.refused)
	}
	level, _ := l.w.Guarantee()
	if level != plugins.AtLeastOnce {
		t.Errorf("guarantee %s, want at-least-once", level)
	}
}

// F20: another session locks the same rows in the reverse order, over and over.
// Neither side of a deadlock makes a dirty row, and all rows arrive.
func TestF20Deadlocks(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE dead"+pair, preloaded("dead", 400, 1))
	const deadlocks = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_DEADLOCKS'"
	before := s.number(deadlocks)
	ctx, cancel := context.WithCancel(t.Context())
	locked, over := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(over)
		for i := 0; ctx.Err() == nil; i++ {
			lockBackwards(ctx, s, i, locked)
		}
	}()
	l := s.start("dead", pairColumns(), `{"table": "dead", "writeMode": "update"}`)
	for unit := range 30 {
		<-locked
		for try := 0; ; try++ {
			err := l.write(t.Context(), 0, 400, pairRow)
			if err == nil {
				_, err = l.seal(t.Context())
			}
			if err == nil {
				break
			}
			if plugins.ClassOf(err) != plugins.Transient || try > 10 {
				t.Fatalf("unit %d, try %d: %v", unit, try, err)
			}
			_, err = l.w.Open(t.Context(), l.attempt) // as the engine does: the unit again
			l.must(err)
		}
	}
	cancel()
	<-over
	if len(l.refused) > 0 {
		t.Errorf("refused %+v", l.refused)
	}
	if s.number(deadlocks) == before {
		t.Error("there was no deadlock: nothing was tested")
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".dead WHERE v LIKE 'row%' OR v LIKE 'other%'"); got != 400 {
		t.Errorf("%d rows, want 400", got)
	}
}

// lockBackwards updates two rows from the end in one transaction; it tells when
// it holds the first.
func lockBackwards(ctx context.Context, s *schema, i int, locked chan<- struct{}) {
	tx, err := s.db.Admin().BeginTx(ctx, nil)
	if err != nil {
		return
	}
	defer tx.Rollback()
	first, second := 390-i%50, 10+i%50
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s.dead SET v = 'other' WHERE id = %d", s.name, first)); err != nil {
		return
	}
	select {
	case locked <- struct{}{}:
	case <-time.After(20 * time.Millisecond):
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s.dead SET v = 'other' WHERE id = %d", s.name, second)); err == nil {
		_ = tx.Commit() // a deadlock's victim is one of the two
	}
}
