package postgresql

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// conformTable has every kind, NULLs and texts that break what is careless.
func conformTable(s *schema, rows int) {
	s.exec(`CREATE TABLE c (a int, b varchar(20), n int8, d numeric(9,3), u numeric, f float8, s text, y bytea,
		da date, dt timestamp, ts timestamptz(3), ti time(1), j jsonb, ar int[], PRIMARY KEY (a, b))`,
		fmt.Sprintf(`INSERT INTO c SELECT i %% 3, 'k' || i, 9223372036854775807 - i, (i - 200) + i / 1000.0, i / 7.0, i / 7.0::float8,
		E'a\tb\\n中' || i, decode('00ff', 'hex') || int4send(i), '2024-02-29', timestamp '2024-03-31 02:30:00' + i * interval '1 microsecond',
		'2020-01-01 00:00:00.5Z', '12:00:00.5', jsonb_build_object('i', i), ARRAY[i, NULL] FROM generate_series(1, %d) i`, rows),
		"UPDATE c SET n = NULL, d = NULL, u = NULL, f = NULL, s = NULL, y = NULL, da = NULL, dt = NULL, ts = NULL, ti = NULL, j = NULL, ar = NULL WHERE f * 7 > 370 AND a = 1")
}

func TestConformance(t *testing.T) {
	s := newSchema(t)
	const rows = 200
	conformTable(s, rows)
	s.exec("CREATE TABLE nokey AS SELECT a AS v, b AS w FROM c", "CREATE INDEX ON c (n)")
	for _, c := range []struct {
		name, settings string
		consistency    plugins.Consistency
		resumes        bool
	}{
		{"keyed", `{"table": "c"}`, plugins.ConsistencySplit, true},
		{"keyed, each page for itself", `{"table": "c"}`, plugins.ConsistencyNone, true},
		{"hidden key", `{"table": "c", "column": ["s", {"name": "k", "value": "1", "type": "bigint"}, "da"]}`, plugins.ConsistencySplit, true},
		{"no key", `{"table": "nokey"}`, plugins.ConsistencySplit, false},
		{"blocks", `{"table": "nokey"}`, plugins.ConsistencySnapshot, false},
		{"split column with NULLs", `{"table": "c", "splitPk": "n"}`, plugins.ConsistencySplit, false},
		{"query", `{"customSql": "SELECT a, b, s FROM c WHERE a < 5", "splitPk": "a"}`, plugins.ConsistencySplit, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.on(t)
			columns := s.reader(c.settings).setup.Columns
			setup := s.setup()
			setup.Columns, setup.Consistency = columns, c.consistency
			plugintest.Run(t, plugintest.Suite{Reader: &plugintest.Reader{
				New: func() (plugins.Reader, error) {
					r, err := NewReader(s.config(c.settings), setup)
					if err == nil {
						r.(*Reader).minRows, r.(*Reader).firstPage = 20, 50
					}
					return r, err
				},
				Columns: columns, Rows: rows, Resumes: c.resumes,
				Blocked: func() (plugins.Reader, plugins.Split, <-chan struct{}, error) { return blocked(s) },
			}})
		})
	}
}

// blocked returns a reader of a large result whose connection goes silent in
// its middle.
func blocked(s *schema) (plugins.Reader, plugins.Split, <-chan struct{}, error) {
	p, err := newStall(s.db.Addr(), 300_000)
	if err != nil {
		return nil, plugins.Split{}, nil, err
	}
	s.t.Cleanup(p.close)
	c := s.config(`{"customSql": "SELECT i FROM generate_series(1, 1000000) i", "url": "postgresql://` + p.address() + `/` + s.name + `", "tls": {"mode": "off"}}`)
	setup := s.setup()
	setup.Columns = []plugins.Column{{Name: "i", Kind: plugins.KindInt64, Length: 4, Nullable: true}}
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
