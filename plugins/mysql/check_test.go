package mysql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// check returns the findings as lines of severity, key and the text up to the
// first comma that follows a colon.
func check(t *testing.T, r *Reader) []string {
	t.Helper()
	var lines []string
	for _, f := range r.Check(t.Context()) {
		lines = append(lines, f.Severity.String()+" "+f.Key+" "+f.Text)
	}
	return lines
}

func TestCheck(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE good (id int PRIMARY KEY, v int, at datetime, KEY (at))", "INSERT INTO good VALUES (1, 1, NULL)",
		"CREATE TABLE nokey (v int)", "CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria", "CREATE VIEW seen AS SELECT * FROM good", "ANALYZE TABLE good, nokey, aria")
	for settings, want := range map[string][]string{
		`{"table": "good"}`:                          {"OK  connected to ", "OK table table good: about 1 rows, 3 columns, read in the order of (id)"},
		`{"table": "good", "splitPk": "v"}`:          {"OK", "OK table table good: about 1 rows", "WARN splitPk table good: no index begins with v"},
		`{"table": "nokey"}`:                         {"OK", "OK table table nokey", "WARN table table nokey: there is no primary key"},
		`{"table": "aria"}`:                          {"OK", "OK table table aria: about 0 rows, 1 columns, cut by (id); a split that fails starts anew"},
		`{"table": "seen"}`:                          {"OK", "OK table table seen: rows unknown", "WARN table table seen: there is no primary key"},
		`{"customSql": "SELECT 1 a"}`:                {"OK", "OK customSql query 1 can be run"},
		`{"table": "good", "increColumn": "at"}`:     {"OK", "OK", "WARN increColumn table good: there are rows whose at is NULL"},
		`{"table": "good", "increColumn": "v"}`:      {"OK", "OK", "WARN increColumn table good: no index begins with v"},
		`{"table": "good", "column": ["idd", "vv"]}`: {"OK", "FAIL column[0] there is no column idd", "FAIL column[1] there is no column vv", "OK"},
	} {
		made, err := NewReader(s.config(settings), s.setup())
		if err != nil {
			t.Fatal(err)
		}
		got := check(t, made.(*Reader))
		if err := made.Close(); err != nil {
			t.Error(err)
		}
		ok := len(got) == len(want)
		for i := range min(len(got), len(want)) {
			ok = ok && strings.HasPrefix(got[i], want[i])
		}
		if !ok {
			t.Errorf("%s: %s", settings, cmp.Diff(want, got))
		}
	}
}

// TLS is used when the server has it, can be insisted on and verified; the
// bulk connection and the other one alike.
func TestTLS(t *testing.T) { onServers(t, testTLS) }

func testTLS(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
	for mode, encrypted := range map[string]bool{
		`{"mode": "off"}`: false, `{"mode": "preferred"}`: true, `{"mode": "required"}`: true,
		`{"mode": "verify-ca", "ca": "` + s.db.CAFile + `"}`:                              true,
		`{"mode": "verify-full", "ca": "` + s.db.CAFile + `"}`:                            true,
		`{"mode": "verify-full", "serverName": "localhost", "ca": "` + s.db.CAFile + `"}`: true,
	} {
		r := s.reader(`{"table": "t", "url": "mysql://` + s.db.Addr() + `/` + s.name + `", "tls": ` + mode + `}`)
		if rows, _ := readAll(t, r, splitsOf(t, r, 1)); len(rows) != 2 {
			t.Errorf("%s: rows %v", mode, rows)
		}
		if _, is := r.wire.library.Conn.Conn.(interface{ VerifyHostname(string) error }); is != encrypted {
			t.Errorf("%s: bulk connection encrypted %t", mode, is)
		}
		if text := check(t, r)[0]; strings.Contains(text, "not encrypted") == encrypted {
			t.Errorf("%s: %s", mode, text)
		}
	}
	wrong := `{"table": "t", "url": "mysql://` + s.db.Addr() + `/` + s.name + `", "tls": {"mode": "verify-full", "serverName": "elsewhere", "ca": "` + s.db.CAFile + `"}}`
	made, err := NewReader(s.config(wrong), s.setup())
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if err := made.(*Reader).connect(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("wrong name: %v", err)
	}
}

// Where prepared statements are unknown the text protocol is used, unless the
// job forbids it.
func TestFallBack(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
	r := s.reader(`{"table": "t"}`)
	if err := r.fallBack(errNoPrepare); err != nil || !r.text {
		t.Errorf("%v, text %t", err, r.text)
	}
	if rows, _ := readAll(t, r, splitsOf(t, r, 1)); len(rows) != 2 {
		t.Errorf("%v", rows)
	}
	r = s.reader(`{"table": "t", "protocol": "binary"}`)
	if err := r.fallBack(errNoPrepare); err == nil || r.text {
		t.Errorf("%v, text %t", err, r.text)
	}
}

// DataX: several servers and tables, expressions, the first address that
// answers, raw queries.
func TestDataX(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE x_0 (id int PRIMARY KEY, n varchar(5))", "CREATE TABLE x_1 LIKE x_0", "INSERT INTO x_0 VALUES (1, 'a')", "INSERT INTO x_1 VALUES (2, 'b'), (3, NULL)")
	datax := func(u *plugins.Setup) { u.Dialect = plugins.DialectDataX }
	url := "jdbc:mysql://" + s.db.Addr() + "/" + s.name
	r := s.reader(`{"url": null, "column": ["`+"`id`"+`", "'const'", "id+1", "null", "n"], "connection": [{"jdbcUrl": ["jdbc:mysql://127.0.0.1:1/x", "`+url+`"], "table": ["x_[0-1]"]}]}`, datax)
	rows, _ := readAll(t, r, splitsOf(t, r, 2))
	if diff := cmp.Diff([]string{"1|const|2|NULL|a", "2|const|3|NULL|b", "3|const|4|NULL|NULL"}, rows); diff != "" {
		t.Error(diff)
	}
	r = s.reader(`{"url": null, "connection": [{"jdbcUrl": ["`+url+`"], "querySql": ["SELECT id FROM x_0;", "SELECT id FROM x_1 ORDER BY id DESC"]}]}`, datax)
	rows, _ = readAll(t, r, splitsOf(t, r, 2))
	if diff := cmp.Diff([]string{"1", "3", "2"}, rows); diff != "" {
		t.Error(diff)
	}
}

// Constants are read from nowhere, in the kind that the job names.
func TestConstants(t *testing.T) { onServers(t, testConstants) }

func testConstants(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
	r := s.reader(`{"table": "t", "column": [{"name": "dt", "value": "2024-01-31", "type": "date"}, {"name": "id"}, {"name": "n", "value": 5, "type": "decimal(3,1)"}, {"name": "s", "value": "it's", "format": "x"}]}`)
	if c := r.setup.Columns[3]; c.Kind != plugins.KindString || *c.Constant != "it's" || c.Format != "x" {
		t.Errorf("%+v", c)
	}
	rows, _ := readAll(t, r, splitsOf(t, r, 1))
	if diff := cmp.Diff([]string{"2024-01-31|1|5|it's", "2024-01-31|2|5|it's"}, rows); diff != "" {
		t.Error(diff)
	}
	r = s.reader(`{"table": "t", "column": [{"name": "k", "value": "v"}]}`)
	if rows, _ = readAll(t, r, splitsOf(t, r, 1)); !cmp.Equal(rows, []string{"v", "v"}) {
		t.Errorf("%v", rows)
	}
}
