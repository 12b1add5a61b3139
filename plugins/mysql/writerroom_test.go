package mysql

import (
	"fmt"
	"strings"
	"testing"

	"weft/plugins"
)

// F23: the server becomes read-only, as one does that has become a replica. The
// error is of the moment and says what to look at; when the server takes writes
// again the unit is written, once.
func TestF23ServerReadOnly(t *testing.T) { onServers(t, testServerReadOnly) }

func testServerReadOnly(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE ro" + pair)
	user := fmt.Sprintf("plain%d", tables.Add(1)) // who may do everything may write in any case
	s.exec("CREATE USER "+user+" IDENTIFIED BY 'plain'", "GRANT ALL ON "+s.name+".* TO "+user)
	settings := fmt.Sprintf(`{"table": "ro", "username": %q, "password": "plain"}`, user)
	l := s.start("ro", pairColumns(), settings)
	l.must(l.write(t.Context(), 0, 50, pairRow))
	_, err := l.seal(t.Context())
	l.must(err)
	s.exec("SET GLOBAL read_only = 1")
	defer s.exec("SET GLOBAL read_only = 0")
	err = l.write(t.Context(), 50, 100, pairRow)
	if e := errorOf(t, err); e.Class != plugins.Transient || !strings.Contains(e.Hint, "read-only") {
		t.Errorf("write: %v, hint %q", err, e.Hint)
	}
	s.exec("SET GLOBAL read_only = 0")
	again := s.open("ro", pairColumns(), l.attempt.Target, 0, 2, settings)
	again.must(again.write(t.Context(), 50, 100, pairRow))
	m, err := again.seal(t.Context())
	again.must(err)
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".ro"); got != 100 || m.Sequence != 1 {
		t.Errorf("%d rows, unit %d, want 100 and 1", got, m.Sequence)
	}
}

// F24: there is no room for more rows. That is no row's fault, and the error
// says what to do.
func TestF24NoRoom(t *testing.T) {
	s := newSchema(t)
	s.exec("SET SESSION max_heap_table_size = 16384", "CREATE TABLE small"+pair+" ENGINE = MEMORY")
	l := s.start("small", pairColumns(), `{"table": "small", "exactlyOnce": false}`)
	err := l.write(t.Context(), 0, 4000, pairRow)
	if e := errorOf(t, err); e.Reason != plugins.ReasonSpace || !strings.Contains(e.Hint, "make room") || len(l.refused) > 0 {
		t.Errorf("write: %v, hint %q, refused %d rows", err, e.Hint, len(l.refused))
	}
}

// Rights that are missing are said before a row moves.
func TestRightsAreChecked(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE guarded"+pair, "CREATE USER IF NOT EXISTS looker IDENTIFIED BY 'looker'", "GRANT SELECT ON "+s.name+".* TO looker")
	look := func() string {
		w, err := s.newWriter("guarded", `{"table": "guarded", "username": "looker", "password": "looker"}`)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		var b strings.Builder
		for _, f := range w.Check(t.Context()) {
			fmt.Fprintln(&b, f.Severity, f.Text, f.Hint)
		}
		return b.String()
	}
	if got := look(); !strings.Contains(got, "FAIL") || !strings.Contains(got, "grant the account INSERT") {
		t.Errorf("without INSERT:\n%s", got)
	}
	s.exec("GRANT INSERT ON " + s.name + ".guarded TO looker")
	if got := look(); !strings.Contains(got, "grant the account SELECT, INSERT, UPDATE and DELETE on it") {
		t.Errorf("without rights on the checkpoints:\n%s", got)
	}
	s.exec("GRANT INSERT, UPDATE, DELETE ON " + s.name + ".* TO looker")
	if got := look(); strings.Contains(got, "FAIL") || !strings.Contains(got, "WARN") || !strings.Contains(got, "CREATE TABLE IF NOT EXISTS") {
		t.Errorf("without CREATE:\n%s", got)
	}
	s.exec("GRANT CREATE ON " + s.name + ".* TO looker")
	if got := look(); strings.Contains(got, "FAIL") || strings.Contains(got, "WARN") {
		t.Errorf("with all rights:\n%s", got)
	}
	if got := s.number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name <> 'guarded'", s.name) +
		s.number("SELECT COUNT(*) FROM "+s.name+".guarded"); got != 0 {
		t.Error("the check left something")
	}
}
