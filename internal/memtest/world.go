// Package memtest is a plugin for tests of the engine: a source of numbered rows
// and a target of files on any fsys.FS, with faults to order. The files behave
// as those of a real file target: sealed units lie hidden until they are
// renamed, one by one, by a commit that may be repeated.
//
//	world := &memtest.World{FS: mem.New(mem.Options{}), Dir: "/out", Splits: 3, Rows: 100}
//	registry, err := plugins.NewRegistry(world.Plugin())
//	... run a job from "mem" to "mem" ...
//	got, err := world.Written(ctx) // id -> how often it is there
package memtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
)

// SplitStride is the distance between the ids of two splits: row r of split s
// has the id s*SplitStride + r.
const SplitStride = 1_000_000

// World is the source, the target and the faults of one test. The hooks may be
// nil; they are called by many goroutines at once.
type World struct {
	// FS and Dir are where the target lies. Dir is made by Prepare.
	FS  fsys.FS
	Dir string
	// Database, if not nil, is the target instead.
	Database *Database
	// Splits is the number of splits, Rows the number of rows of each.
	Splits, Rows int
	// BatchRows bounds a batch on top of the engine's own limit; 0 does not.
	BatchRows int
	// RowBytes is what a row is said to take in the source; default 16.
	RowBytes int
	// NoPositions makes a reader that cannot resume inside a split.
	NoPositions bool
	// Refused says which rows the reader refuses.
	Refused func(id int64) bool
	// BeforeRow is called before a row is read; it may fail, block or panic.
	BeforeRow func(ctx context.Context, id int64) error
	// BeforeWrite is called before a row is written. Dirty() makes the row
	// dirty, any other error fails the Write; it may panic.
	BeforeWrite func(ctx context.Context, id int64) error
	// BeforeSeal and AfterSeal are called around the sealing of a unit.
	BeforeSeal func(ctx context.Context, u plugins.Unit) error
	AfterSeal  func(ctx context.Context, u plugins.Unit) error
	// BeforeOp is called before an operation of the commit.
	BeforeOp func(ctx context.Context, op plugins.Op) error
	// Views is how the source shows itself as of one moment.
	Views Views
	// Prepared counts the calls of Prepare.
	Prepared atomic.Int64
}

// Plugin returns the plugin "mem" of this world.
func (w *World) Plugin() plugins.Plugin {
	return plugins.Plugin{
		Name: "mem", Summary: "numbered rows, for tests",
		NewReaderConfig: func() plugins.Config { return &config{} },
		NewWriterConfig: func() plugins.Config { return &config{} },
		NewReader:       func(plugins.Config, plugins.Setup) (plugins.Reader, error) { return &reader{w: w}, nil },
		NewWriter: func(_ plugins.Config, s plugins.Setup) (plugins.Writer, error) {
			if w.Database != nil {
				return &dbWriter{w: w}, nil
			}
			return &writer{w: w, run: s.Run}, nil
		},
	}
}

// config has no settings.
type config struct{}

func (*config) Validate() []plugins.Finding { return nil }

// Spec returns a job that moves the source to the target in slots slots.
func (w *World) Spec(slots int) *job.Spec {
	return &job.Spec{Name: "mem", Dialect: plugins.DialectNative,
		Reader: job.Side{Plugin: "mem", Config: json.RawMessage("{}")},
		Writer: job.Side{Plugin: "mem", Config: json.RawMessage("{}")},
		Setting: job.Setting{Channel: slots, UnitBytes: math.MaxInt64, UnitInterval: job.Duration(time.Hour),
			MaxRowBytes: 1 << 20, Verify: job.VerifyChecksum, MaxAttempts: 4, Zone: "UTC",
			ErrorLimit: job.ErrorLimit{Record: 0, Percentage: -1, Dialect: plugins.DialectNative},
			YARN:       job.YARN{Slots: slots}}}
}

// Columns are the source's columns.
func Columns() []plugins.Column {
	return []plugins.Column{{Name: "id", Kind: plugins.KindInt64}, {Name: "name", Kind: plugins.KindString}}
}

// Written reads the visible files of the target and returns how often each id
// is there.
func (w *World) Written(ctx context.Context) (map[int64]int, error) {
	if w.Database != nil {
		return w.Database.written(), nil
	}
	entries, err := w.FS.List(ctx, w.Dir)
	if err != nil {
		return nil, fmt.Errorf("list target: %w", err)
	}
	got := map[int64]int{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name, ".") {
			continue
		}
		data, err := fsys.ReadFile(ctx, w.FS, path.Join(w.Dir, e.Name), 1<<30)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			text, _, _ := strings.Cut(line, ",")
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read target file %s: %w", e.Name, err)
			}
			got[id]++
		}
	}
	return got, nil
}

// Difference says in words how what is written differs from each row once; ""
// if it does not. Rows for which without is true must not be there.
func (w *World) Difference(ctx context.Context, without func(id int64) bool) (string, error) {
	got, err := w.Written(ctx)
	if err != nil {
		return "", err
	}
	var missing, twice, extra []int64
	for split := range w.Splits {
		for row := range w.Rows {
			id := int64(split*SplitStride + row)
			n := got[id]
			delete(got, id)
			switch {
			case without != nil && without(id):
				if n > 0 {
					extra = append(extra, id)
				}
			case n == 0:
				missing = append(missing, id)
			case n > 1:
				twice = append(twice, id)
			}
		}
	}
	for id := range got {
		extra = append(extra, id)
	}
	if len(missing)+len(twice)+len(extra) == 0 {
		return "", nil
	}
	return fmt.Sprintf("missing %s; more than once %s; not expected %s", some(missing), some(twice), some(extra)), nil
}

func some(ids []int64) string {
	return fmt.Sprintf("%d %v", len(ids), ids[:min(len(ids), 5)])
}
