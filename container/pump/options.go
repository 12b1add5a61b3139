package pump

import (
	"log/slog"
	"time"

	"weft/container/limit"
	"weft/internal/dirty"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Options say what to move and how. Fields without a stated default are needed.
type Options struct {
	// Task is the attempt, where it starts, and the number of its next unit.
	Task job.Task
	// Container names the container in every message.
	Container string
	// Ends are the slot's reader and writer.
	Ends *Ends
	// Link leads to the master.
	Link umbilical.Link
	// Dirty takes the attempt's dirty rows.
	Dirty *dirty.Files
	// Limiter holds the slot to its share; its rate follows the master's
	// orders.
	Limiter *limit.Limiter
	// UnitBytes and UnitInterval seal a unit, whichever comes first.
	UnitBytes    int64
	UnitInterval time.Duration
	// Checksum asks for the hash of each unit's rows.
	Checksum bool
	// Reread asks, beside Checksum, that each unit be read back from the target
	// and compared before it is offered, where the writer can do that.
	Reread bool
	// MaxDirty is the largest number of dirty rows that this attempt alone
	// may have before it drains by itself; -1 is no limit.
	MaxDirty int64

	// Batches is the number of batches that circulate; default 3.
	Batches int
	// BatchRows and BatchBytes bound a batch; defaults of package plugins.
	BatchRows, BatchBytes int
	// BudgetBytes bounds the source bytes under way; default 16 MiB.
	BudgetBytes int64
	// ReportEvery is the pause between reports; default 1 s.
	ReportEvery time.Duration
	// Lease is how long the master may be silent; default
	// umbilical.DefaultLease.
	Lease time.Duration
	// RetryPause is the first pause after a transient error, doubled each
	// time up to 64-fold, with jitter; default 200 ms. Retries is how many in
	// a row without progress are borne; default 6.
	RetryPause time.Duration
	Retries    int
	// StallAfter is how long nothing may move before what is under way is
	// broken off and tried again; default 20 min, which is longer than a reader
	// of a database waits for the first row of a query.
	StallAfter time.Duration
	// Log takes retries and panics; default none.
	Log *slog.Logger
}

// withDefaults fills in what has a default.
func (o Options) withDefaults() Options {
	setInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	setTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	setInt(&o.Batches, 3)
	setInt(&o.BatchRows, plugins.DefaultBatchRows)
	setInt(&o.BatchBytes, plugins.DefaultBatchBytes)
	setInt(&o.Retries, 6)
	setTime(&o.ReportEvery, time.Second)
	setTime(&o.Lease, umbilical.DefaultLease)
	setTime(&o.RetryPause, 200*time.Millisecond)
	setTime(&o.StallAfter, 20*time.Minute)
	if o.BudgetBytes <= 0 {
		o.BudgetBytes = 16 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
