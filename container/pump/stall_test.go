package pump

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weft/container/limit"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// once runs a function the first time and never again.
func once(f func(ctx context.Context) error) func(context.Context) error {
	var done atomic.Bool
	return func(ctx context.Context) error {
		if done.Swap(true) {
			return nil
		}
		return f(ctx)
	}
}

// hang waits for the end of its context.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A call that never comes back is found out, told, broken off and tried again,
// in whichever end it is.
func TestStallIsBrokenOff(t *testing.T) {
	for name, arrange := range map[string]func(w *memtest.World){
		"in Read": func(w *memtest.World) {
			f := once(hang)
			w.BeforeRow = func(ctx context.Context, id int64) error { return when(ctx, id == 500, f) }
		},
		"in Write": func(w *memtest.World) {
			f := once(hang)
			w.BeforeWrite = func(ctx context.Context, id int64) error { return when(ctx, id == 500, f) }
		},
		"in Seal": func(w *memtest.World) {
			f := once(hang)
			w.BeforeSeal = func(ctx context.Context, u plugins.Unit) error { return when(ctx, u.Sequence == 1, f) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			world := &memtest.World{}
			arrange(world)
			test(t, world, func(t *testing.T, m *moving) {
				var log bytes.Buffer
				m.o.Log = slog.New(slog.NewTextHandler(&log, nil))
				m.o.UnitBytes, m.o.StallAfter = 16*300, 10*time.Minute
				start := time.Now()
				e := m.run(t)
				if e.Outcome != umbilical.OutcomeDone || m.sequences(t) != 1000 {
					t.Errorf("ended %+v after %d rows", e, m.sequences(t))
				}
				if took := time.Since(start); took < 10*time.Minute || took > 12*time.Minute {
					t.Errorf("took %s", took)
				}
				if !strings.Contains(log.String(), "nothing moves") || !strings.Contains(log.String(), name+" since 10m") {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
}

func when(ctx context.Context, is bool, f func(context.Context) error) error {
	if !is {
		return nil
	}
	return f(ctx)
}

// What others watch over is no stall: the master's answer, the speed limit.
func TestWaitingForTheMasterIsNoStall(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		var log bytes.Buffer
		m.o.Log = slog.New(slog.NewTextHandler(&log, nil))
		m.o.UnitBytes, m.o.StallAfter = 16*300, time.Minute
		start := time.Now()
		m.master.sealed = func(umbilical.Sealed) (umbilical.Verdict, error) {
			if time.Since(start) < time.Hour {
				return umbilical.NotYet, nil
			}
			return umbilical.Accepted, nil
		}
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone || log.Len() > 0 {
			t.Errorf("ended %+v; log: %s", e, log.String())
		}
	})
}

// wait waits in the test's own time.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// deaf is a reader that hangs without heeding its context, until it is closed.
type deaf struct {
	plugins.Reader
	once   sync.Once
	closed chan struct{}
}

func (d *deaf) Read(context.Context, *plugins.Batch) error {
	<-d.closed
	return &plugins.Error{Class: plugins.Transient, Err: context.Canceled}
}

func (d *deaf) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.Reader.Close()
}

func TestDeafEndIsClosed(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		made, first := m.o.Ends.NewReader, true
		m.o.Ends.NewReader = func() (plugins.Reader, error) {
			r, err := made()
			if first {
				first = false
				return &deaf{Reader: r, closed: make(chan struct{})}, err
			}
			return r, err
		}
		m.o.StallAfter = time.Minute
		start := time.Now()
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone || m.sequences(t) != 1000 {
			t.Errorf("ended %+v", e)
		}
		if took := time.Since(start); took < time.Minute+stallGrace || took > 2*time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

// delicate is a reader that must not be left alone for longer than a minute.
type delicate struct {
	plugins.Reader
	left  time.Time // when somebody was last here
	most  *time.Duration
	pause *int
}

func (d *delicate) Open(ctx context.Context, s plugins.Split, from plugins.Position) error {
	d.left = time.Now()
	return d.Reader.Open(ctx, s, from)
}

func (d *delicate) Read(ctx context.Context, b *plugins.Batch) error {
	if !d.left.IsZero() {
		*d.most = max(*d.most, time.Since(d.left))
	}
	defer func() { d.left = time.Now() }()
	return d.Reader.Read(ctx, b)
}

func (d *delicate) Patience() time.Duration { return time.Minute }

func (d *delicate) Pause(context.Context) error {
	*d.pause++
	*d.most = max(*d.most, time.Since(d.left))
	d.left = time.Time{}
	return nil
}

// A slow writer, or a low limit, does not keep the source waiting: it is told.
func TestSourceIsNotKeptWaiting(t *testing.T) {
	slow := &memtest.World{BeforeWrite: func(ctx context.Context, id int64) error {
		if id%100 == 0 {
			wait(ctx, 5*time.Minute)
		}
		return ctx.Err()
	}}
	for name, c := range map[string]struct {
		world *memtest.World
		bytes int64
	}{"slow writer": {slow, 0}, "low limit": {&memtest.World{Splits: 1, Rows: 5, RowBytes: 1 << 20}, 10_000}} {
		t.Run(name, func(t *testing.T) {
			test(t, c.world, func(t *testing.T, m *moving) {
				var most time.Duration
				var pauses int
				made := m.o.Ends.NewReader
				m.o.Ends.NewReader = func() (plugins.Reader, error) {
					r, err := made()
					return &delicate{Reader: r, most: &most, pause: &pauses}, err
				}
				m.o.Limiter.Set(limit.Rate{BytesPerSecond: c.bytes})
				m.master.report = func(umbilical.Progress) (umbilical.Order, error) {
					return umbilical.Order{Directive: umbilical.GoOn, Limits: umbilical.Limits{BytesPerSecond: c.bytes}}, nil
				}
				if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
					t.Fatalf("ended %+v", e)
				}
				if pauses < 3 || most > time.Minute {
					t.Errorf("%d pauses, left alone for %s", pauses, most)
				}
			})
		})
	}
}
