package limit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitHoldsOnAverage(t *testing.T) {
	for _, c := range []struct {
		name        string
		rate        Rate
		bytes, rows int64
		batches     int
		want        time.Duration
	}{
		{"no limit", Rate{}, 1 << 20, 4096, 1000, 0},
		{"bytes", Rate{BytesPerSecond: 1 << 20}, 1 << 20, 10, 11, 10 * time.Second},
		{"rows", Rate{RowsPerSecond: 1000}, 1 << 20, 500, 21, 10 * time.Second},
		{"the tighter of both", Rate{BytesPerSecond: 1 << 30, RowsPerSecond: 100}, 10, 200, 6, 10 * time.Second},
		{"a batch larger than a second", Rate{BytesPerSecond: 100}, 1000, 1, 3, 20 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, start := New(c.rate), time.Now()
				for range c.batches {
					if err := l.Wait(t.Context(), c.bytes, c.rows); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Since(start); got != c.want {
					t.Errorf("%d batches took %s, want %s", c.batches, got, c.want)
				}
			})
		})
	}
}

// The last batch takes its time like any other.
func TestTheLastBatchIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := New(Rate{RowsPerSecond: 100}), time.Now()
		for range 3 {
			if err := l.Wait(t.Context(), 0, 50); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(l.Owed())
		if got := time.Since(start); got != 1500*time.Millisecond || l.Owed() != 0 {
			t.Errorf("150 rows at 100 a second took %s, and %s are owed", got, l.Owed())
		}
		if l.Book(0, 50); l.Owed() != 500*time.Millisecond {
			t.Errorf("%s are owed for 50 rows", l.Owed())
		}
		if l.Set(Rate{}); l.Owed() != 0 {
			t.Error("without a limit something is owed")
		}
	})
}

func TestUnusedTimeIsCarriedOverForASecondOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Rate{RowsPerSecond: 10})
		if err := l.Wait(t.Context(), 0, 10); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		start := time.Now()
		for range 4 {
			if err := l.Wait(t.Context(), 0, 10); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("40 rows at 10 a second after an idle hour took %s, want 2s", got)
		}
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		l := New(Rate{RowsPerSecond: 1})
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		var err error
		for err == nil {
			err = l.Wait(ctx, 0, 3600)
		}
		if !errors.Is(err, cause) {
			t.Errorf("Wait = %v, want the cause", err)
		}
	})
}

func TestBatchesAreSmallUnderASmallLimit(t *testing.T) {
	for _, c := range []struct {
		rate        Rate
		rows, bytes int
	}{
		{Rate{}, 4096, 1 << 20},
		{Rate{RowsPerSecond: 1000}, 250, 1 << 20},
		{Rate{RowsPerSecond: 1}, 1, 1 << 20},
		{Rate{BytesPerSecond: 1 << 20}, 4096, 1 << 18},
		{Rate{RowsPerSecond: 1 << 40, BytesPerSecond: 1 << 40}, 4096, 1 << 20},
	} {
		if rows, bytes := New(c.rate).Batch(4096, 1<<20); rows != c.rows || bytes != c.bytes {
			t.Errorf("%+v: batches of %d rows and %d bytes; want %d and %d", c.rate, rows, bytes, c.rows, c.bytes)
		}
	}
}
