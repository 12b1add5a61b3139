package postgresql

import (
	"context"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

// page is one COPY of a split that is read in the order of its key. A split is
// read page by page, so that a slow writer never keeps a statement open for
// long: the server ends those that stand in its way (on a standby, those older
// than max_standby_streaming_delay), and whatever lies between it and us ends
// connections that are silent.
type page struct {
	rows    *copyOut // nil when the split is at its end
	limit   int      // rows asked for; 0: all there are
	count   int      // rows that came
	started time.Time
}

// Sizes of a page, in rows. The first is small because nobody knows yet how fast
// the writer is; each later one is as large as what was moved in pageTime.
const (
	firstPageRows = 20_000
	minPageRows   = 1_000
	maxPageRows   = 400_000
	pageTime      = 5 * time.Second
)

// nextPage sends for the rows behind at.
func (r *Reader) nextPage(ctx context.Context, at sqlread.Tuple) error {
	rows, err := startCopy(ctx, r.session.in, copyOf(r.query.sql(r.current, at, r.page.limit)), r.session.queryTimeout)
	if err != nil {
		return err
	}
	r.page.rows, r.page.count, r.page.started = rows, 0, time.Now()
	return nil
}

// endPage goes on to the next page, or to the end of the split behind a page
// that was not full.
func (r *Reader) endPage(ctx context.Context) error {
	r.page.rows = nil
	if r.page.limit == 0 || r.page.count < r.page.limit {
		if !r.inView {
			return nil
		}
		r.inView = false
		_, err := r.session.rows(ctx, "COMMIT")
		return err
	}
	at, err := r.reached()
	if err != nil {
		return err
	}
	r.page.limit = pageSize(r.page.limit, time.Since(r.page.started))
	return r.nextPage(ctx, at)
}

// reached is the key of the last row that arrived.
func (r *Reader) reached() (sqlread.Tuple, error) {
	if len(r.decoder.last) == 0 {
		return r.begun, nil
	}
	return r.decoder.place(r.decoder.last)
}

// How often in a row a lost connection is made again, and with what pauses; a
// row that arrives begins the count anew.
const (
	maxLosses = 6
	lossPause = 100 * time.Millisecond
)

// goOn reads on behind the last row that arrived after cause, if that is the loss
// of the connection; else it returns cause. The rows in the batch stay: no row
// counts before all of it has come. Outside a snapshot the rest is read in a new
// view, as of now; an attached reader joins its snapshot again, or fails.
func (r *Reader) goOn(ctx context.Context, cause error) error {
	if !r.current.Ordered || plugins.ClassOf(fault("", cause)) != plugins.Transient || ctx.Err() != nil {
		return cause
	}
	if len(r.decoder.last) > 0 {
		r.losses = 0 // something has arrived since the loss before
	}
	at, err := r.reached()
	if err != nil {
		return cause
	}
	for pause := lossPause; r.losses < maxLosses; pause *= 2 {
		r.losses++
		r.setup.Log.Warn("the connection was lost; reading on", "split", r.subject(r.current), "behind", at, "err", cause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		r.disconnectAll()
		err := r.start(ctx, r.current, at)
		if err == nil {
			r.begun = at
			return nil
		}
		if plugins.ClassOf(fault("", err)) != plugins.Transient {
			return err
		}
		cause = err
	}
	return cause
}

// pageSize is the size of a page after one of so many rows took so long.
func pageSize(rows int, took time.Duration) int {
	want := float64(rows) * float64(pageTime) / float64(max(took, time.Millisecond))
	return int(max(float64(min(rows, minPageRows)), min(want, float64(4*rows), maxPageRows)))
}
