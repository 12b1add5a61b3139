package mysql

import (
	"testing"

	"weft/plugins"
)

// preSql and postSql are run once however often Prepare and Apply are repeated,
// and are never split: a ';' may stand in a text.
func TestOwnStatementsRunOnce(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE own"+pair, "CREATE TABLE log (what varchar(40))")
	settings := `{"table": "own", "preSql": ["INSERT INTO log VALUES ('pre;1')", "INSERT INTO log SELECT 'pre;2' FROM (SELECT COUNT(*) FROM @table) x"],
		"postSql": "INSERT INTO log SELECT CONCAT('rows ', COUNT(*)) FROM @table"}`
	w, target := s.prepared("own", pairColumns(), settings)
	if err := w.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := s.open("own", pairColumns(), target, 0, 1, settings)
	l.must(l.write(t.Context(), 0, 10, pairRow))
	m, err := l.seal(t.Context())
	l.must(err)
	ops, err := w.Plan(t.Context(), []plugins.Manifest{m})
	l.must(err)
	for range 3 {
		for _, op := range ops {
			l.must(w.Apply(t.Context(), op))
			l.must(w.Apply(t.Context(), op))
		}
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".log"); got != 3 {
		t.Errorf("%d statements were run, want 3", got)
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".log WHERE what = 'rows 10'"); got != 1 {
		t.Error("postSql did not see the rows")
	}
	if got := s.number("SELECT COUNT(*) FROM " + s.name + "._weft_checkpoint"); got != 0 {
		t.Errorf("%d checkpoints left of a run that has ended", got)
	}
	if _, err := l.w.Open(t.Context(), l.attempt); plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("an attempt after the commit: %v, want it fenced", err)
	}
}

// A staging table replaces the target in one step, and what would be lost by
// that is refused.
func TestStaging(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE staged"+pair, "INSERT INTO staged VALUES (1, 'old'), (999, 'old')")
	l := s.start("staged", pairColumns(), `{"table": "staged", "mode": "staging"}`)
	l.must(l.write(t.Context(), 0, 50, pairRow))
	m, err := l.seal(t.Context())
	l.must(err)
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".staged"); got != 2 {
		t.Errorf("%d rows before the commit, want the 2 old ones", got)
	}
	applyAll(t, l.w, m)
	if got := s.number("SELECT COUNT(*) FROM " + s.name + ".staged WHERE v = 'row'"); got != 50 {
		t.Errorf("%d rows after it, want 50", got)
	}
	if got := s.number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name LIKE '\\_weft%' AND table_name <> '_weft_checkpoint'", s.name); got != 0 {
		t.Errorf("%d tables left behind", got)
	}
	s.exec("CREATE TABLE points (id bigint PRIMARY KEY, FOREIGN KEY (id) REFERENCES staged (id))")
	w, err := s.newWriter("staged2", `{"table": "staged", "mode": "staging"}`)
	l.must(err)
	defer w.Close()
	if err := w.Prepare(t.Context()); plugins.ReasonOf(err) != plugins.ReasonConfig {
		t.Errorf("staging of a table that another refers to: %v, want it refused", err)
	}
}

// A column that another program has changed since the plan ends the run.
func TestTargetAltered(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE altered" + pair)
	_, target := s.prepared("altered", pairColumns(), `{"table": "altered"}`)
	s.exec("ALTER TABLE altered MODIFY v varchar(10) NOT NULL")
	w, err := s.newWriter("altered", `{"table": "altered"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a := plugins.Attempt{Run: "altered", Generation: 1, Number: 1, Columns: pairColumns(), Target: target}
	if _, err := w.Open(t.Context(), a); plugins.ReasonOf(err) != plugins.ReasonChanged {
		t.Errorf("open: %v, want an error: changed", err)
	}
}

func TestGuarantees(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE promised" + pair)
	for settings, want := range map[string]plugins.Guarantee{
		`{}`:                      plugins.ExactlyOnce,
		`{"mode": "staging"}`:     plugins.ExactlyOnce,
		`{"writeMode": "update"}`: plugins.EffectivelyOnce,
		`{"exactlyOnce": false}`:  plugins.AtLeastOnce,
		`{"exactlyOnce": false, "writeMode": "replace"}`: plugins.EffectivelyOnce,
	} {
		w, err := s.newWriter("promised", settings, `{"table": "promised"}`)
		if err != nil {
			t.Fatal(err)
		}
		if got, why := w.Guarantee(); got != want || why == "" {
			t.Errorf("%s: %s (%s), want %s", settings, got, why, want)
		}
	}
}

// Columns are matched by name in native jobs, by position in others; what cannot
// work is said before a row moves.
func TestMap(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE mapped (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(9) NOT NULL, n int NOT NULL, g int AS (n + 1), at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)")
	source := func(names ...string) (list []plugins.Column) {
		for _, name := range names {
			list = append(list, plugins.Column{Name: name, Kind: plugins.KindString})
		}
		return list
	}
	for _, c := range []struct {
		settings string
		source   []plugins.Column
		dialect  plugins.Dialect
		want     string // names, or the text of the finding
	}{
		{`{}`, source("N", "name"), plugins.DialectNative, "n name"},
		{`{"column": ["name", "n"]}`, source("a", "b"), plugins.DialectFlinkX, "name n"},
		{`{"column": ["*"]}`, source("a", "b", "c", "d"), plugins.DialectDataX, "id name n at"},
		{`{}`, source("naem", "n"), plugins.DialectNative, "did you mean name?"},
		{`{"column": ["name", "n", "g"]}`, source("a", "b", "c"), plugins.DialectFlinkX, "column g is computed"},
		{`{"column": ["name"]}`, source("a"), plugins.DialectFlinkX, "takes no row without n"},
		{`{"column": ["name", "n"]}`, source("a"), plugins.DialectFlinkX, "the reader delivers 1 columns"},
	} {
		w, err := s.newWriter("mapped", c.settings, `{"table": "mapped"}`)
		if err != nil {
			t.Fatal(err)
		}
		w.setup.Dialect = c.dialect
		target, found, err := w.Map(t.Context(), c.source)
		if err != nil {
			t.Fatal(err)
		}
		if got := mappedText(target, found); !contains(got, c.want) {
			t.Errorf("%s of %v: %q, want %q", c.settings, c.source, got, c.want)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
