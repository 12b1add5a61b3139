package mysql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/container/limit"
	"weft/container/pump"
	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
	"weft/test/cluster"
	"weft/test/proxy"
)

// heap is a target that counts the keys of sealed units; slow is called before
// each batch.
type heap struct {
	mu      sync.Mutex
	sealed  map[uint64]int
	pending []uint64
	attempt plugins.Attempt
	slow    func(ctx context.Context, rows int) error
}

func (h *heap) Open(_ context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	h.attempt, h.pending = a, nil
	return nil, nil
}

func (h *heap) Write(ctx context.Context, b *plugins.Batch) error {
	if h.slow != nil {
		if err := h.slow(ctx, b.Rows); err != nil {
			return err
		}
	}
	for i := range b.Rows {
		h.pending = append(h.pending, uint64(b.Columns[0].Ints[i]))
	}
	return nil
}

func (h *heap) Seal(_ context.Context, u plugins.Unit) (plugins.Manifest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.pending {
		h.sealed[id]++
	}
	h.pending = nil
	return plugins.ManifestOf(h.attempt, u), nil
}

func (h *heap) Close() error { return nil }

// yes is a master that takes everything.
type yes struct{}

func (yes) Next(context.Context, umbilical.Want) (umbilical.Assignment, error) {
	return umbilical.Assignment{Directive: umbilical.Stop}, nil
}

func (yes) Report(context.Context, umbilical.Progress) (umbilical.Order, error) {
	return umbilical.Order{Directive: umbilical.GoOn}, nil
}

func (yes) Sealed(context.Context, umbilical.Sealed) (umbilical.Verdict, error) {
	return umbilical.Accepted, nil
}

func (yes) Done(context.Context, umbilical.Ending) (umbilical.Order, error) {
	return umbilical.Order{}, nil
}

// transfer moves one split of a table of the schema into a heap.
type transfer struct {
	s       *schema
	columns []plugins.Column
	split   plugins.Split
	heap    *heap
	log     bytes.Buffer
	o       pump.Options
}

// numbers makes a table with ids 1 to rows, each row about 130 bytes wide.
func numbers(s *schema, rows int) {
	s.exec("CREATE TABLE numbers (id bigint PRIMARY KEY, a varchar(120) NOT NULL)",
		fmt.Sprintf("INSERT INTO numbers SELECT seq, RPAD(MD5(seq), 120, 'x') FROM seq_1_to_%d", rows), "ANALYZE TABLE numbers")
}

// newTransfer prepares to read the table numbers as settings say, through addr.
func newTransfer(t *testing.T, s *schema, addr, settings string) *transfer {
	t.Helper()
	url := fmt.Sprintf(`{"url": "jdbc:mysql://%s/%s?useSSL=false", "table": "numbers"}`, addr, s.name)
	c := func() *Config {
		c := s.config(url)
		return overlay(s, c, settings)
	}
	x := &transfer{s: s, heap: &heap{sealed: map[uint64]int{}}}
	plain := s.reader(`{"table": "numbers"}`)
	x.columns, x.split = plain.setup.Columns, splitsOf(t, plain, 1)[0]
	fs := mem.New(mem.Options{})
	if err := fsys.MkdirAll(t.Context(), fs, "/dirty", 0o700); err != nil {
		t.Fatal(err)
	}
	setup := s.setup()
	setup.Columns, setup.Log = x.columns, slog.New(slog.NewTextHandler(&x.log, nil))
	attempt := plugins.Attempt{Run: "r", Generation: 1, Number: 1, Split: x.split, Columns: x.columns, Target: x.columns}
	x.o = pump.Options{Task: job.Task{Attempt: attempt}, Container: "c", Link: yes{}, MaxDirty: -1, Log: setup.Log,
		Ends: &pump.Ends{NewReader: func() (plugins.Reader, error) { return NewReader(c(), setup) },
			NewWriter: func() (plugins.Writer, error) { return x.heap, nil }},
		Dirty: dirty.New(fs, "/dirty", attempt), Limiter: limit.New(limit.Rate{}),
		UnitBytes: 1 << 20, UnitInterval: math.MaxInt64, RetryPause: time.Millisecond}
	return x
}

// run moves the split and checks that each id arrived once.
func (x *transfer) run(t *testing.T, rows int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ending := pump.Run(ctx, x.o)
	if err := x.o.Ends.Close(); err != nil {
		t.Error(err)
	}
	if ending.Outcome != umbilical.OutcomeDone {
		t.Fatalf("ended as %s: %s; log:\n%s", ending.Outcome, ending.Cause, x.log.String())
	}
	for id := range uint64(rows) {
		if n := x.heap.sealed[id+1]; n != 1 {
			t.Fatalf("row %d arrived %d times", id+1, n)
		}
	}
	if len(x.heap.sealed) != rows {
		t.Errorf("%d rows, want %d", len(x.heap.sealed), rows)
	}
}

func through(t *testing.T, db *cluster.Database) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Listen(db.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A hundred resets in one table, some within a kilobyte of the one before: each
// time reading goes on behind the last row that arrived.
func TestF17HundredResets(t *testing.T) {
	s := newSchema(t)
	const rows = 60_000
	numbers(s, rows)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := through(t, s.db)
	left := 100
	p.CutEach(func() int64 {
		if left--; left < 0 {
			return -1
		}
		return random.Int64N(120_000)
	})
	x := newTransfer(t, s, p.Addr(), `{}`)
	x.o.Retries = 20 // several in a row may hit a handshake
	x.run(t, rows)
	if p.Cuts() != 100 {
		t.Errorf("%d resets, want 100", p.Cuts())
	}
}

// KILL <id> again and again, of the connection as of the query.
func TestF17KilledConnections(t *testing.T) {
	s := newSchema(t)
	const rows = 250_000 // what was sent before a kill arrives: several kills need several buffers full
	numbers(s, rows)
	x := newTransfer(t, s, s.db.Addr(), `{}`)
	x.o.BatchRows, x.o.Batches = 4000, 1
	kills := 0
	x.heap.slow = func(ctx context.Context, _ int) error {
		rowsOf, err := s.db.Admin().QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE db = ? AND info LIKE '%numbers%' AND id <> CONNECTION_ID()", s.name)
		if err != nil {
			return err
		}
		defer rowsOf.Close()
		for rowsOf.Next() {
			var id int64
			if err := rowsOf.Scan(&id); err != nil {
				return err
			}
			kills++
			kind := []string{"KILL ", "KILL QUERY "}[kills%2]
			if _, err := s.db.Admin().ExecContext(ctx, kind+fmt.Sprint(id)); err != nil && !strings.Contains(err.Error(), "1094") {
				return err
			}
		}
		return rowsOf.Err()
	}
	x.run(t, rows)
	if n := strings.Count(x.log.String(), "reader interrupted"); n < 3 {
		t.Errorf("only %d of %d kills were felt", n, kills)
	}
}

// A split without positions is read again from its start.
func TestF17WithoutAKey(t *testing.T) {
	s := newSchema(t)
	const rows = 30_000
	s.exec("CREATE TABLE numbers (id bigint NOT NULL, a varchar(120) NOT NULL)",
		fmt.Sprintf("INSERT INTO numbers SELECT seq, RPAD(MD5(seq), 120, 'x') FROM seq_1_to_%d", rows))
	p := through(t, s.db)
	p.CutAfter(1_500_000)
	x := newTransfer(t, s, p.Addr(), `{}`)
	x.run(t, rows)
	// A reset before the first batch is the reader's to get over, one after it the unit's.
	felt := strings.Contains(x.log.String(), "unit redone") || strings.Contains(x.log.String(), "reader interrupted")
	if p.Cuts() != 1 || !felt {
		t.Errorf("%d resets; log:\n%s", p.Cuts(), x.log.String())
	}
}

// The writer rests for longer than the server waits for room to write: no result
// is open meanwhile, the server cuts nobody off, and nothing is read twice.
func TestF19SlowWriter(t *testing.T) {
	db, err := cluster.StartMariaDB(t.Context(), cluster.DatabaseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := schemaOf(t, db)
	const rows = 120_000 // more than the buffers between server and reader hold
	numbers(s, rows)
	s.exec("SET GLOBAL net_write_timeout = 2")
	for _, consistency := range []plugins.Consistency{plugins.ConsistencySplit, plugins.ConsistencyNone} {
		t.Run(string(consistency), func(t *testing.T) {
			x := newTransfer(t, s.on(t), db.Addr(), `{}`)
			made := x.o.Ends.NewReader
			x.o.Ends.NewReader = func() (plugins.Reader, error) {
				r, err := made()
				r.(*Reader).setup.Consistency = consistency
				return r, err
			}
			before := aborted(t, db)
			calls := 0
			x.heap.slow = func(ctx context.Context, _ int) error {
				if calls++; calls != 2 && calls != 4 {
					return nil
				}
				timer := time.NewTimer(3500 * time.Millisecond)
				defer timer.Stop()
				select {
				case <-timer.C:
				case <-ctx.Done():
					return ctx.Err()
				}
				var open int
				err := db.Admin().QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND info LIKE 'SELECT%numbers%' AND id <> CONNECTION_ID()",
					s.name).Scan(&open)
				if open > 0 {
					t.Errorf("a result is kept open while the writer rests")
				}
				return err
			}
			x.run(t, rows)
			if log := x.log.String(); strings.Contains(log, "interrupted") || strings.Contains(log, "redone") {
				t.Errorf("log:\n%s", log)
			}
			if n := aborted(t, db) - before; consistency == plugins.ConsistencySplit && n > 0 {
				t.Errorf("the server gave up %d connections", n)
			}
		})
	}
}

// aborted counts the connections that the server gave up.
func aborted(t *testing.T, db *cluster.Database) int {
	t.Helper()
	var name string
	var n int
	if err := db.Admin().QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Aborted_clients'").Scan(&name, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A network that swallows everything, and a server that is frozen, are found out
// by the reader's deadline for silence, within twice of it, and are got over.
func TestF25HalfOpen(t *testing.T) {
	db, err := cluster.StartMariaDB(t.Context(), cluster.DatabaseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := schemaOf(t, db)
	const rows, deadline = 120_000, 2 * time.Second
	numbers(s, rows)
	p := through(t, db)
	for name, c := range map[string]struct {
		addr       string
		begin, end func() error
	}{
		"blackhole": {p.Addr(), func() error { p.Silence(); return nil }, func() error { p.Resume(); return nil }},
		"frozen":    {db.Addr(), db.Pause, db.Resume},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTransfer(t, s.on(t), c.addr, `{"readTimeout": 2, "queryTimeOut": 2, "connectTimeout": 2}`)
			x.o.Retries = 50
			felt := make(chan struct{})
			x.o.Log = slog.New(&alarm{Handler: x.o.Log.Handler(), text: "reader interrupted", felt: felt})
			calls := 0
			x.heap.slow = func(ctx context.Context, _ int) error {
				if calls++; calls != 2 {
					return nil
				}
				if err := c.begin(); err != nil {
					return err
				}
				start := time.Now()
				select {
				case <-felt:
				case <-ctx.Done():
				}
				if took := time.Since(start); took > 2*deadline {
					t.Errorf("found out after %s", took)
				}
				return c.end()
			}
			x.o.Batches = 64 // the reader goes on while the writer waits for it to notice
			x.o.BudgetBytes = 1 << 30
			x.run(t, rows)
		})
	}
}

// alarm tells when a message is logged for the first time.
type alarm struct {
	slog.Handler
	text string
	felt chan struct{}
	once sync.Once
}

func (a *alarm) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == a.text {
		a.once.Do(func() { close(a.felt) })
	}
	return a.Handler.Handle(ctx, r)
}

// overlay lays more settings over a config.
func overlay(s *schema, c *Config, settings string) *Config {
	s.t.Helper()
	if err := json.Unmarshal([]byte(settings), c); err != nil {
		s.t.Fatal(err)
	}
	return c
}
