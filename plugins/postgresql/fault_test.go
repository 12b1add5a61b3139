package postgresql

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"weft/plugins"
	"weft/test/cluster"
)

// A server that dies in mid-read is an error, whatever it wraps, and the split is
// read on behind the last position when it is back.
func TestServerKilledInMidRead(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	db, err := cluster.StartPostgres(ctx, cluster.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := &schema{t: t, db: db, name: cluster.DatabaseSchema}
	const rows = 200_000
	s.exec("CREATE TABLE t (id int PRIMARY KEY, v text)", fmt.Sprintf("INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, %d) i", rows))
	r := s.reader(`{"table": "t"}`)
	split := splitsOf(t, r, 1)[0]
	var position plugins.Position
	got, killed := 0, false
	_, _, err = readSplit(t, r, split, "", func(p plugins.Position, n int) {
		position, got = p, n
		if n > 1000 && !killed {
			killed = true
			if err := db.Kill(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil || err == io.EOF || plugins.ClassOf(err) != plugins.Transient {
		t.Fatalf("after %d rows: error %v of class %s", got, err, plugins.ClassOf(err))
	}
	if err := r.Open(ctx, split, position); plugins.ClassOf(err) != plugins.Transient || plugins.ReasonOf(err) != plugins.ReasonUnreachable {
		t.Errorf("while it is down: %v", err)
	}
	if err := db.Start(ctx); err != nil {
		t.Fatal(err)
	}
	rest, _, err := readSplit(t, r, split, position, nil)
	if err != nil || got+len(rest) != rows || !strings.HasPrefix(rest[0], fmt.Sprint(got+1, "|")) {
		t.Errorf("%d rows and %d after the restart, want %d; error %v", got, len(rest), rows, err)
	}
}

func TestErrorsHaveClassesAndHints(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE orders (id int PRIMARY KEY)", "CREATE ROLE poor LOGIN PASSWORD 'poor'")
	for settings, want := range map[string]struct {
		class  plugins.Class
		reason plugins.Reason
		text   string
	}{
		`{"table": "order"}`:                                                          {plugins.Fatal, plugins.ReasonNotFound, "did you mean orders?"},
		`{"table": "orders", "column": ["idd"]}`:                                      {plugins.Fatal, plugins.ReasonNotFound, "did you mean id?"},
		`{"table": "orders", "where": "idd = 1"}`:                                     {plugins.Fatal, plugins.ReasonNotFound, "idd"},
		`{"table": "orders", "password": "wrong"}`:                                    {plugins.Fatal, plugins.ReasonAuth, "pg_hba.conf"},
		`{"table": "orders", "username": "poor", "password": "poor"}`:                 {plugins.Fatal, plugins.ReasonPermission, "grant"},
		`{"customSql": "SELEC 1"}`:                                                    {plugins.Fatal, plugins.ReasonConfig, "syntax"},
		`{"customSql": "SELECT 1", "url": "postgresql://127.0.0.1:1/x"}`:              {plugins.Transient, plugins.ReasonUnreachable, "listening"},
		`{"customSql": "SELECT 1", "url": "postgresql://` + s.db.Addr() + `/nosuch"}`: {plugins.Fatal, plugins.ReasonNotFound, "nosuch"},
	} {
		made, err := NewReader(s.config(settings), s.setup())
		if err != nil {
			t.Fatal(err)
		}
		r := made.(*Reader)
		_, err = r.Describe(t.Context())
		if err == nil {
			err = r.Open(t.Context(), plugins.Split{}, "")
		}
		e := errorOf(t, err)
		if e.Class != want.class || plugins.ReasonOf(err) != want.reason || !strings.Contains(e.Hint+err.Error(), want.text) {
			t.Errorf("%s: %s, %s: %v (%s)", settings, e.Class, plugins.ReasonOf(err), err, e.Hint)
		}
		bad := false
		for _, f := range r.Check(t.Context()) {
			bad = bad || f.Severity == plugins.Fail
		}
		if !bad {
			t.Errorf("%s: the check found nothing", settings)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSessionsWriteNothing(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE SEQUENCE q")
	r := s.reader(`{"customSql": "SELECT 1 AS a"}`)
	r.config.CustomSQL = ""
	made, err := NewReader(s.config(`{"customSql": "SELECT nextval('q') AS a"}`), s.setup())
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if err := made.Open(t.Context(), plugins.Split{}, ""); stateOf(err) != "25006" {
		err = firstRead(t, made)
		if stateOf(err) != "25006" {
			t.Errorf("a query that writes: %v", err)
		}
	}
}

func firstRead(t *testing.T, r plugins.Reader) error {
	b := plugins.NewBatch([]plugins.Column{{Name: "a", Kind: plugins.KindInt64}})
	return r.Read(t.Context(), b)
}

func TestTLS(t *testing.T) {
	s := newSchema(t)
	url := `"url": "jdbc:postgresql://` + s.db.Addr() + "/" + s.name
	for settings, want := range map[string]string{
		`?sslmode=disable"`: "not encrypted", `"`: "encrypted with TLS", `?sslmode=require"`: "encrypted with TLS",
		`?sslmode=verify-full&sslrootcert=` + s.db.CAFile + `"`: "encrypted with TLS", `?sslmode=verify-full"`: "certificate",
		`", "tls": {"mode": "verify-ca", "ca": "` + s.db.CAFile + `"}`: "encrypted with TLS",
	} {
		c := newConfig().(*Config)
		c.Username, c.Password, c.CustomSQL = "test", plugins.NewSecret("test"), "SELECT 1"
		if err := unmarshal(`{`+url+settings+`}`, c); err != nil {
			t.Fatal(err)
		}
		c.Validate()
		r, err := NewReader(c, s.setup())
		if err != nil {
			t.Fatal(err)
		}
		found := r.(plugins.Checker).Check(t.Context())
		if !strings.Contains(found[0].Text, want) || want == "encrypted with TLS" && strings.Contains(found[0].Text, "not encrypted") {
			t.Errorf("%s: %s", settings, found[0].Text)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
