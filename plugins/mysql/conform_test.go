package mysql

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// conformTable has every kind, NULLs and texts that break what is careless.
func conformTable(s *schema, rows int) {
	s.exec(`CREATE TABLE c (a int, b varchar(20), n bigint unsigned, d decimal(9,3), f double, s text, y blob,
		da date, dt datetime(6), ts timestamp(3) NULL, ti time(1), PRIMARY KEY (a, b))`)
	var values []string
	for i := range rows {
		if i%17 == 0 {
			values = append(values, fmt.Sprintf("(%d, 'k%d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)", i%3, i))
			continue
		}
		values = append(values, fmt.Sprintf(`(%d, 'k%d', 18446744073709551615-%d, %d.%03d, %d/7, 'a\\tb\\n中%d', x'00ff%04x', '2024-02-29', '2024-03-31 02:30:00.%06d', '2020-01-01 00:00:%02d.5', '-12:00:%02d.5')`,
			i%3, i, i, i-200, i, i, i, i, i, i%60, i%60))
	}
	s.exec("INSERT INTO c VALUES "+strings.Join(values, ","), "ANALYZE TABLE c")
}

func TestConformance(t *testing.T) { onServers(t, testConformance) }

func testConformance(t *testing.T, s *schema, mariaDB bool) {
	const rows = 400
	conformTable(s, rows)
	s.exec("CREATE TABLE nokey (v int, w varchar(9))", "INSERT INTO nokey SELECT a, b FROM c")
	for _, c := range []struct {
		name, settings string
		resumes        bool
	}{
		{"binary", `{"table": "c"}`, true},
		{"text", `{"table": "c", "protocol": "text"}`, true},
		{"hidden key", `{"table": "c", "column": ["s", {"name": "k", "value": "1", "type": "bigint"}, "da"]}`, true},
		{"no key", `{"table": "nokey"}`, false},
		{"query", `{"customSql": "SELECT a, b, s FROM c WHERE a < 5", "splitPk": "a"}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.on(t)
			stalls := func() (plugins.Reader, plugins.Split, <-chan struct{}, error) { return blocked(s) }
			if !mariaDB {
				stalls = nil // the endless table is MariaDB's
			}
			columns := s.reader(c.settings).setup.Columns
			setup := s.setup()
			setup.Columns = columns
			plugintest.Run(t, plugintest.Suite{Reader: &plugintest.Reader{
				New: func() (plugins.Reader, error) {
					r, err := NewReader(s.config(c.settings), setup)
					if err == nil {
						r.(*Reader).minRows = 20
					}
					return r, err
				},
				Columns: columns, Rows: rows, Resumes: c.resumes, Blocked: stalls,
			}})
		})
	}
}

// blocked returns a reader of a large table whose connection goes silent in
// mid-result.
func blocked(s *schema) (plugins.Reader, plugins.Split, <-chan struct{}, error) {
	p, err := newStall(s.db.Addr(), 300_000)
	if err != nil {
		return nil, plugins.Split{}, nil, err
	}
	s.t.Cleanup(p.close)
	c := s.config(`{"table": "seq_1_to_1000000", "session": ["SET @x = 1"], "url": "mysql://` + p.address() + `/` + s.name + `", "tls": {"mode": "off"}}`)
	setup := s.setup()
	setup.Columns = []plugins.Column{{Name: "seq", Kind: plugins.KindUint64, Length: 8}}
	r, err := NewReader(c, setup)
	return r, plugins.Split{}, p.stalled, err
}

// stall is a relay to a server that, after some bytes from the server, passes
// nothing on and closes nothing.
type stall struct {
	listener net.Listener
	stalled  chan struct{} // closed by the relay when it goes silent
	once     sync.Once
	over     sync.WaitGroup
	mu       sync.Mutex
	open     []net.Conn
}

func newStall(server string, after int64) (*stall, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &stall{listener: l, stalled: make(chan struct{})}
	s.over.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			s.keep(client, upstream)
			s.over.Go(func() { io.Copy(upstream, client) })
			s.over.Go(func() {
				if n, _ := io.CopyN(client, upstream, after); n == after {
					s.once.Do(func() { close(s.stalled) })
				}
			})
		}
	})
	return s, nil
}

func (s *stall) keep(list ...net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, list...)
}

func (s *stall) address() string { return s.listener.Addr().String() }

func (s *stall) close() {
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.over.Wait()
}
