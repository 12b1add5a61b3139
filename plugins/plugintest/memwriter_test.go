package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"weft/plugins"
)

var memTarget = []plugins.Column{
	{Name: "id", Kind: plugins.KindInt64},
	{Name: "name", Kind: plugins.KindString, Nullable: true},
	{Name: "amount", Kind: plugins.KindDecimal, Precision: 10, Scale: 2, Nullable: true},
	{Name: "at", Kind: plugins.KindDatetime, Scale: 6, Nullable: true},
}

// memStore is a target in memory. fault names the sentence that its writers
// break; "" for none.
type memStore struct {
	fault      string
	staged     map[string][]string // sealed units by path
	visible    map[string][]string
	values     map[string]*plugins.Batch // of sealed units, for Reread
	generation int64
	adopted    map[string]bool
	prepared   int
	plans      int
	stop       chan struct{}
}

func memWriterSuite(fault string) *Writer {
	return &Writer{
		Columns: memTarget,
		NewTarget: func() (*Target, error) {
			s := &memStore{fault: fault, staged: map[string][]string{}, visible: map[string][]string{}, values: map[string]*plugins.Batch{}, stop: make(chan struct{})}
			return &Target{
				New: func() (plugins.Writer, error) { return &memWriter{store: s}, nil },
				Visible: func(context.Context) (rows []string, err error) {
					for _, unit := range s.visible {
						rows = append(rows, unit...)
					}
					return rows, nil
				},
			}, nil
		},
		Refused: func(b *plugins.Batch, key int) {
			b.Columns[0].AppendInt(int64(key))
			b.Columns[1].AppendString("refuse me")
			b.Columns[2].AppendNull()
			b.Columns[3].AppendNull()
			b.EndRow(1)
		},
	}
}

type memWriter struct {
	store  *memStore
	a      plugins.Attempt
	rows   []string
	values *plugins.Batch
	kept   *plugins.Batch
	path   string
	opened bool
	closed bool
	bytes  int64
}

var (
	_ plugins.Writer    = (*memWriter)(nil)
	_ plugins.Committer = (*memWriter)(nil)
	_ plugins.Sizer     = (*memWriter)(nil)
	_ plugins.Mapper    = (*memWriter)(nil)
	_ plugins.Checker   = (*memWriter)(nil)
)

func (w *memWriter) is(fault string) bool { return w.store.fault == fault }

func attemptKey(a plugins.Attempt) string {
	return fmt.Sprint(a.Generation, "/", a.Split.ID, "/", a.Number)
}

func (w *memWriter) fenced() error {
	old := w.a.Generation < w.store.generation
	if old && !w.store.adopted[attemptKey(w.a)] && !w.is("ignores the fence") {
		return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonFenced, Op: "write", Err: errors.New("fenced")}
	}
	return nil
}

func (w *memWriter) Open(_ context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	if w.is("keeps rows over Open") {
		w.rows = append(w.rows, "left")
	} else {
		w.rows = nil
	}
	w.a, w.opened, w.bytes, w.values = a, true, 0, nil
	if w.is("leaks") {
		go func() { <-w.store.stop }()
	}
	if w.is("holds what was never sealed") {
		return &plugins.Manifest{}, w.fenced()
	}
	return nil, w.fenced()
}

func (w *memWriter) Write(ctx context.Context, b *plugins.Batch) error {
	if ctx.Err() != nil && !w.is("ignores an ended context") {
		return ctx.Err()
	}
	if err := w.fenced(); err != nil {
		return err
	}
	if w.is("keeps the batch") {
		w.kept = b
		return nil
	}
	return w.take(b)
}

func (w *memWriter) take(b *plugins.Batch) error {
	rows, err := Rows(b)
	if err != nil {
		return err
	}
	var refused plugins.Refusals
	refused.Reset(len(rows))
	for i, row := range rows {
		switch {
		case strings.Contains(row, "refuse me") && !w.is("refuses nothing"):
			refused.Add(plugins.RowError{Index: i, Code: plugins.RowConstraint, Cause: "test"})
			if w.is("changes refused rows") {
				b.Columns[0].Ints[i]++
			}
		case w.is("loses the neighbours of refused rows") && refused.Len() > 0:
		case w.is("takes NULL for empty"):
			w.rows = append(w.rows, strings.ReplaceAll(row, Null, ""))
		default:
			w.rows = append(w.rows, row)
			w.keep(b, i)
		}
		w.bytes += int64(len(row))
	}
	return refused.Err()
}

func (w *memWriter) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if ctx.Err() != nil && !w.is("ignores an ended context") {
		return plugins.Manifest{}, ctx.Err()
	}
	if err := w.fenced(); err != nil {
		return plugins.Manifest{}, err
	}
	if w.is("cannot seal nothing") && len(w.rows) == 0 {
		return plugins.Manifest{}, errors.New("seal: no rows")
	}
	if w.kept != nil {
		if err := w.take(w.kept); err != nil {
			return plugins.Manifest{}, err
		}
	}
	path := fmt.Sprint(attemptKey(w.a), "/", u.Sequence)
	if w.is("shares a file among attempts") {
		path = fmt.Sprint(w.a.Split.ID)
	}
	switch {
	case w.is("seals in memory only"):
		w.path = path
	case w.is("shows units when sealed"):
		w.store.visible[path] = w.rows
		w.rows = nil
	case w.is("shares a file among attempts"):
		w.store.staged[path] = append(w.store.staged[path], w.rows...)
		w.rows = nil
	default:
		w.store.staged[path] = w.rows
		w.rows = nil
	}
	w.store.values[path], w.values = w.values, nil
	if !w.is("never counts anew") {
		w.bytes = 0
	}
	m := plugins.ManifestOf(w.a, u)
	m.Files = []plugins.File{{Path: path, Rows: u.Counters.RowsWritten}}
	if w.is("forgets the position") {
		m.Position = ""
	}
	return m, nil
}

func (w *memWriter) UnitBytes() int64 { return w.bytes }

func (w *memWriter) Close() error {
	if w.is("needs Open before Close") && !w.opened {
		return errors.New("close: not open")
	}
	if w.is("cannot close twice") && w.closed {
		return errors.New("close: closed")
	}
	if w.is("seals in memory only") && w.path != "" {
		w.store.staged[w.path] = w.rows
	}
	if w.is("shows what was not sealed") && len(w.rows) > 0 {
		w.store.visible[fmt.Sprint("close ", attemptKey(w.a))] = w.rows
	}
	w.closed = true
	return nil
}

func (w *memWriter) Map(_ context.Context, source []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	if w.is("maps too few") {
		return source[1:], nil, nil
	}
	return source, nil, nil
}

func (w *memWriter) Check(context.Context) []plugins.Finding {
	if w.is("check writes") {
		w.store.visible["check"] = []string{"row"}
	}
	return nil
}

func (w *memWriter) Prepare(context.Context) error {
	w.store.prepared++
	if w.is("cannot prepare twice") && w.store.prepared > 1 {
		return errors.New("prepare: exists")
	}
	return nil
}

func (w *memWriter) Fence(_ context.Context, generation int64, adopted []plugins.Attempt) error {
	w.store.generation = generation
	w.store.adopted = map[string]bool{}
	for _, a := range adopted {
		w.store.adopted[attemptKey(a)] = !w.is("fences adopted attempts")
	}
	return nil
}

func (w *memWriter) Plan(_ context.Context, units []plugins.Manifest) ([]plugins.Op, error) {
	w.store.plans++
	var ops []plugins.Op
	add := func(path string) error {
		data, err := json.Marshal(path)
		op := plugins.Op{Do: "show", Label: "show " + path, Data: data}
		if w.is("plans something new each time") {
			op.Label += fmt.Sprint(w.store.plans)
		}
		ops = append(ops, op)
		return err
	}
	for _, u := range units {
		for _, f := range u.Files {
			if err := add(f.Path); err != nil {
				return nil, err
			}
		}
	}
	if w.is("commits what was never accepted") {
		for path := range w.store.staged {
			if err := add(path); err != nil {
				return nil, err
			}
		}
	}
	return ops, nil
}

func (w *memWriter) Apply(_ context.Context, op plugins.Op) error {
	var path string
	if err := json.Unmarshal(op.Data, &path); err != nil {
		return err
	}
	rows, there := w.store.staged[path]
	if !there && w.is("cannot repeat an operation") {
		return fmt.Errorf("show %s: not there", path)
	}
	if there {
		w.store.visible[path] = rows
		delete(w.store.staged, path)
	}
	return nil
}

func (w *memWriter) Abort(context.Context) error {
	for path, rows := range w.store.staged {
		if w.is("shows what it aborts") {
			w.store.visible[path] = rows
		}
		delete(w.store.staged, path)
	}
	return nil
}
