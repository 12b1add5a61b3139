package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"weft/plugins"
)

// Every way of failing has its class and reason, before anything is read.
func TestFaults(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE f (id int PRIMARY KEY, amount int)", "CREATE TABLE secret (id int PRIMARY KEY)",
		"CREATE OR REPLACE USER 'poor'@'127.0.0.1' IDENTIFIED BY 'poor'", "GRANT SELECT (id) ON "+s.name+".f TO 'poor'@'127.0.0.1'")
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := refusing.Addr().String()
	refusing.Close()
	for name, c := range map[string]struct {
		settings string
		class    plugins.Class
		reason   plugins.Reason
		text     string // that the error or its hint must hold
	}{
		"refused":            {`{"table": "f", "url": "mysql://` + nobody + `/x"}`, plugins.Transient, plugins.ReasonUnreachable, nobody},
		"no such host":       {`{"table": "f", "url": "mysql://no-such-host.invalid/x", "connectTimeout": 3}`, plugins.Permanent, plugins.ReasonUnreachable, "no such host"},
		"wrong password":     {`{"table": "f", "password": "wrong"}`, plugins.Fatal, plugins.ReasonAuth, "check username and password"},
		"unknown user":       {`{"table": "f", "username": "whoever"}`, plugins.Fatal, plugins.ReasonAuth, "1045"},
		"no right to table":  {`{"table": "secret", "username": "poor", "password": "poor"}`, plugins.Fatal, plugins.ReasonPermission, "grant SELECT"},
		"no right to column": {`{"customSql": "SELECT amount FROM f", "username": "poor", "password": "poor"}`, plugins.Fatal, plugins.ReasonPermission, "grant SELECT"},
		"unknown database":   {`{"table": "nodb.f"}`, plugins.Fatal, plugins.ReasonNotFound, "nodb"},
		"unknown table":      {`{"table": "secrt"}`, plugins.Fatal, plugins.ReasonNotFound, "did you mean secret?"},
		"unknown column":     {`{"table": "f", "column": ["id", "amuont"]}`, plugins.Fatal, plugins.ReasonNotFound, "did you mean amount?"},
		"unknown splitPk":    {`{"table": "f", "splitPk": "ident"}`, plugins.Fatal, plugins.ReasonNotFound, "the table has id, amount"},
		"where is no SQL":    {`{"table": "f", "where": "id >>> 1"}`, plugins.Fatal, plugins.ReasonConfig, "1064"},
		"where of no column": {`{"table": "f", "where": "idd = 1"}`, plugins.Fatal, plugins.ReasonNotFound, "idd"},
		"customSql is none":  {`{"customSql": "DELETE FROM f"}`, plugins.Fatal, plugins.ReasonConfig, "no rows"},
		"session is no SQL":  {`{"table": "f", "session": ["SET nonsense = 1"]}`, plugins.Fatal, plugins.ReasonConfig, "nonsense"},
		"TLS with no trust":  {`{"table": "f", "tls": {"mode": "verify-full"}}`, plugins.Permanent, plugins.ReasonUnknown, "certificate"},
		"no CA file":         {`{"table": "f", "tls": {"mode": "verify-ca", "ca": "/nowhere.pem"}}`, plugins.Fatal, plugins.ReasonConfig, "/nowhere.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := NewReader(s.on(t).config(c.settings), s.setup())
			if err != nil {
				t.Fatal(err)
			}
			defer made.Close()
			_, err = made.(*Reader).Describe(t.Context())
			e := errorOf(t, err)
			if plugins.ClassOf(err) != c.class || plugins.ReasonOf(err) != c.reason || !strings.Contains(err.Error()+" "+hintOf(err), c.text) {
				t.Errorf("%s, %q, hint %q: %v", e.Class, e.Reason, e.Hint, err)
			}
			if strings.Contains(err.Error(), "wrong") && name == "wrong password" {
				t.Error("the password is in the error")
			}
			failed := 0
			for _, f := range made.(*Reader).Check(t.Context()) {
				if f.Severity == plugins.Fail {
					failed++
				}
			}
			if failed == 0 {
				t.Error("Check found nothing wrong")
			}
		})
	}
}

func hintOf(err error) string {
	var e *plugins.Error
	for err != nil && errors.As(err, &e) {
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}

// A server that takes the connection and says nothing, and one that is
// something else, are told apart and do not hang.
func TestSilentAndForeignServers(t *testing.T) {
	s := newSchema(t)
	for name, c := range map[string]struct{ greeting, text string }{
		"silent": {"", "no answer within 1s"},
		"ssh":    {"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "connect to"},
		"http":   {"HTTP/1.1 400 Bad Request\r\n\r\n", "connect to"},
		"empty":  {"\x00\x00\x00\x00", "connect to"},
		"short":  {"\x01\x00\x00\x00\x0a", "connect to"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{}) // closed when the server has ended
			go func() {
				defer close(done)
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					defer conn.Close()
					io.WriteString(conn, c.greeting)
				}
			}()
			defer func() { l.Close(); <-done }()
			settings := fmt.Sprintf(`{"table": "f", "url": "mysql://%s/x", "connectTimeout": 1}`, l.Addr())
			made, err := NewReader(s.on(t).config(settings), s.setup())
			if err != nil {
				t.Fatal(err)
			}
			r := made.(*Reader)
			defer r.Close()
			for _, dial := range []func() error{
				func() error { _, err := r.meta(t.Context(), 0); return err },
				func() error { return r.connect(t.Context(), 0) },
			} {
				if err := dial(); err == nil || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v, want %q in it", err, c.text)
				}
			}
		})
	}
}

// A connection that is killed, and a server that goes silent, in mid-result.
func TestLossInMidResult(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE l (id int PRIMARY KEY, v char(200))", "INSERT INTO l SELECT seq, REPEAT('x', 200) FROM seq_1_to_60000")
	read := func(r *Reader) error {
		if err := r.Open(t.Context(), splitsOf(t, r, 1)[0], ""); err != nil {
			return err
		}
		b := plugins.NewBatch(r.setup.Columns)
		for n := 0; ; n++ {
			b.Reset(r.setup.Columns)
			if err := r.Read(t.Context(), b); err != nil {
				return err
			}
			if n == 0 {
				s.exec(fmt.Sprintf("KILL %d", r.wire.library.GetConnectionID()))
			}
		}
	}
	err := read(s.reader(`{"table": "l"}`))
	if plugins.ClassOf(err) != plugins.Transient {
		t.Errorf("killed: %s: %v", plugins.ClassOf(err), err)
	}
	p, err := newStall(s.db.Addr(), 2_000_000)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	r := s.reader(`{"table": "l", "url": "mysql://` + p.address() + `/` + s.name + `", "readTimeout": 1, "tls": {"mode": "off"}}`)
	if err := r.Open(t.Context(), splitsOf(t, r, 1)[0], ""); err != nil {
		t.Fatal(err)
	}
	b := plugins.NewBatch(r.setup.Columns)
	for err = nil; err == nil; {
		b.Reset(r.setup.Columns)
		err = r.Read(t.Context(), b)
	}
	if plugins.ClassOf(err) != plugins.Transient || plugins.ReasonOf(err) != plugins.ReasonTimeout || !strings.Contains(err.Error(), "silent for 1s") {
		t.Errorf("silent: %v", err)
	}
}

// The first row may take long; the limit is queryTimeOut.
func TestQueryTimeout(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE w (id int PRIMARY KEY)", "INSERT INTO w VALUES (1)")
	r := s.reader(`{"customSql": "SELECT SLEEP(30), id FROM w", "queryTimeOut": 1}`)
	begin := time.Now()
	err := r.Open(t.Context(), whole()[0], "")
	if took := time.Since(begin); plugins.ReasonOf(err) != plugins.ReasonTimeout || took > 10*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.reader(`{"customSql": "SELECT SLEEP(30), id FROM w"}`).Open(ctx, whole()[0], ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
}

// A table that changed after the plan was made, or differs from the first of
// the job, ends the job instead of moving wrong values.
func TestChangedTable(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE a_1 (id int PRIMARY KEY, v int)", "CREATE TABLE a_2 (id int PRIMARY KEY, v varchar(9))")
	r := s.reader(`{"table": ["a_1", "a_2"]}`)
	splits := splitsOf(t, r, 1)
	if len(splits) != 2 || splits[1].Label != "a_2" {
		t.Fatalf("%+v", splits)
	}
	if err := r.Open(t.Context(), splits[0], ""); err != nil {
		t.Fatal(err)
	}
	err := r.Open(t.Context(), splits[1], "")
	if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != plugins.ReasonChanged || !strings.Contains(err.Error(), "varchar(9)") {
		t.Errorf("%v", err)
	}
}
