package plan

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/job"
	"weft/plugins"
)

// source is a reader that answers by fields and notes what it is asked.
type source struct {
	columns   []plugins.Column
	splits    []plugins.Split
	until     string
	err       map[string]error // by the name of the call
	asked     []string
	want      int
	open      int // values made and not closed
	setupSeen [][]plugins.Column
}

// reader is one value of a source. The interfaces beyond plugins.Reader are
// added by the types around it.
type reader struct{ s *source }

func (r *reader) ask(call string) error {
	r.s.asked = append(r.s.asked, call)
	return r.s.err[call]
}

func (r *reader) Open(context.Context, plugins.Split, plugins.Position) error {
	return errors.New("a plan opens nothing")
}
func (r *reader) Read(context.Context, *plugins.Batch) error {
	return errors.New("a plan reads nothing")
}

func (r *reader) Close() error { r.s.open--; return r.s.err["close reader"] }

type describer struct{ reader }

func (r *describer) Describe(context.Context) ([]plugins.Column, error) {
	return r.s.columns, r.ask("describe")
}

type splitter struct{ describer }

func (r *splitter) Until(context.Context) (string, bool, error) {
	return r.s.until, r.s.until != "", r.ask("until")
}

func (r *splitter) Splits(_ context.Context, want int) ([]plugins.Split, error) {
	r.s.want = want
	return r.s.splits, r.ask("splits")
}

// sink is a writer that maps by a function.
type sink struct {
	plugins.Writer
	s    *source
	maps func([]plugins.Column) ([]plugins.Column, []plugins.Finding, error)
}

func (w *sink) Map(_ context.Context, c []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	w.s.asked = append(w.s.asked, "map")
	return w.maps(c)
}

func (w *sink) Close() error { w.s.open--; return w.s.err["close writer"] }

// bare is a writer that can do nothing more than write.
type bare struct {
	plugins.Writer
	s *source
}

func (w *bare) Close() error { w.s.open--; return nil }

// committing is a writer with a commit.
type committing struct {
	sink
	plugins.Committer
}

type config struct{}

func (*config) Validate() []plugins.Finding { return nil }

// world is a source, a target, and a job between them.
type world struct {
	*source
	newReader func(*source) plugins.Reader
	newWriter func(*source) plugins.Writer
	spec      *job.Spec
}

func upper(c []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	target := slices.Clone(c)
	for i := range target {
		target[i].Name = strings.ToUpper(target[i].Name)
	}
	return target, []plugins.Finding{{Severity: plugins.Warn, Text: "upper case"}}, nil
}

func newWorld() *world {
	side := job.Side{Plugin: "x", Config: json.RawMessage("{}")}
	return &world{
		source: &source{columns: []plugins.Column{{Name: "id", Kind: plugins.KindInt64}}, until: "u5",
			splits: []plugins.Split{{ID: 0, Label: "low", Rows: 10}, {ID: 1, Label: "high", Rows: -1}}},
		newReader: func(s *source) plugins.Reader { return &splitter{describer{reader{s}}} },
		newWriter: func(s *source) plugins.Writer { return &sink{s: s, maps: upper} },
		spec: &job.Spec{Reader: side, Writer: side, Dialect: plugins.DialectNative,
			Setting: job.Setting{Channel: 3, Zone: "UTC", MaxRowBytes: 1 << 20}},
	}
}

func (w *world) make(t *testing.T) (*Made, error) {
	t.Helper()
	plugin := plugins.Plugin{Name: "x",
		NewReaderConfig: func() plugins.Config { return &config{} },
		NewWriterConfig: func() plugins.Config { return &config{} },
		NewReader: func(_ plugins.Config, s plugins.Setup) (plugins.Reader, error) {
			w.open++
			w.setupSeen = append(w.setupSeen, s.Columns)
			return w.newReader(w.source), nil
		},
		NewWriter: func(_ plugins.Config, s plugins.Setup) (plugins.Writer, error) {
			w.open++
			w.setupSeen = append(w.setupSeen, s.Columns)
			return w.newWriter(w.source), nil
		}}
	registry, err := plugins.NewRegistry(plugin)
	if err != nil {
		t.Fatal(err)
	}
	made, err := Make(t.Context(), Options{Spec: w.spec, Run: "r1", Registry: registry, StartLocation: "u1"})
	if w.open != 0 {
		t.Errorf("%d readers and writers were left open", w.open)
	}
	return made, err
}

func TestMake(t *testing.T) {
	w := newWorld()
	made, err := w.make(t)
	if err != nil {
		t.Fatal(err)
	}
	want := &job.Plan{Run: "r1", Columns: w.columns, Target: []plugins.Column{{Name: "ID", Kind: plugins.KindInt64}},
		Splits: w.splits, StartLocation: "u1", Until: "u5"}
	if diff := cmp.Diff(want, made.Plan); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"describe", "map", "until", "splits"}, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]plugins.Column{nil, w.columns, w.columns}, w.setupSeen); diff != "" {
		t.Errorf("columns in the setups (-want +got):\n%s", diff)
	}
	if len(made.Findings) != 1 || made.Findings[0].Text != "upper case" {
		t.Errorf("findings %+v, want the writer's", made.Findings)
	}
	if made.Size.Slots != 2 {
		t.Errorf("%d slots for 2 splits and a channel of 3", made.Size.Slots)
	}
	if made.Guarantee != plugins.AtLeastOnce || made.GuaranteeWhy == "" {
		t.Errorf("guarantee %s, %q", made.Guarantee, made.GuaranteeWhy)
	}
}

func TestGuaranteeOfCommitters(t *testing.T) {
	w := newWorld()
	w.newWriter = func(s *source) plugins.Writer { return &committing{sink: sink{s: s, maps: upper}} }
	made, err := w.make(t)
	if err != nil || made.Guarantee != plugins.ExactlyOnce {
		t.Errorf("guarantee %+v, %v; want exactly once", made, err)
	}
}

// More splits are wanted than there are slots, so that slots finish together;
// with a single slot nothing is gained by cutting.
func TestWantedSplits(t *testing.T) {
	for channel, want := range map[int]int{0: 1, 1: 1, 2: 8, 5: 20} {
		w := newWorld()
		w.spec.Setting.Channel = channel
		if _, err := w.make(t); err != nil || w.want != want {
			t.Errorf("channel %d: %d splits wanted, %v; want %d", channel, w.want, err, want)
		}
	}
}

func TestReaderThatCannotSplit(t *testing.T) {
	w := newWorld()
	w.newReader = func(s *source) plugins.Reader { return &describer{reader{s}} }
	w.newWriter = func(s *source) plugins.Writer { return &bare{s: s} }
	made, err := w.make(t)
	if err != nil {
		t.Fatal(err)
	}
	want := &job.Plan{Run: "r1", Columns: w.columns, Target: w.columns, StartLocation: "u1",
		Splits: []plugins.Split{{ID: 0, Label: "everything", Rows: -1}}}
	if diff := cmp.Diff(want, made.Plan); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// A job that is not incremental has no upper end, whatever the reader can do.
func TestNotIncremental(t *testing.T) {
	w := newWorld()
	w.until = ""
	if made, err := w.make(t); err != nil || made.Plan.Until != "" {
		t.Errorf("plan %+v, %v", made, err)
	}
}

func fails(findings ...plugins.Finding) func([]plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	return func(c []plugins.Column) ([]plugins.Column, []plugins.Finding, error) { return c, findings, nil }
}

func TestMakeRefuses(t *testing.T) {
	broken := errors.New("the server is gone")
	mapping := func(m func([]plugins.Column) ([]plugins.Column, []plugins.Finding, error)) func(*world) {
		return func(w *world) {
			w.newWriter = func(s *source) plugins.Writer { return &sink{s: s, maps: m} }
		}
	}
	failing := func(call string) func(*world) {
		return func(w *world) { w.err = map[string]error{call: broken} }
	}
	for _, c := range []struct {
		name   string
		change func(*world)
		class  plugins.Class
		reason plugins.Reason
		text   string
	}{
		{"cannot describe", func(w *world) { w.newReader = func(s *source) plugins.Reader { return &reader{s} } },
			plugins.Fatal, plugins.ReasonConfig, "plugin x cannot tell its columns"},
		{"no columns", func(w *world) { w.columns = nil }, plugins.Fatal, plugins.ReasonSchema, "no columns"},
		{"all failed findings are named", mapping(fails(
			plugins.Finding{Severity: plugins.Warn, Text: "only a warning"},
			plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonNotFound, Text: "column a is missing"},
			plugins.Finding{Severity: plugins.Fail, Text: "column b is too short"})),
			plugins.Fatal, plugins.ReasonNotFound, "map columns to the target: column a is missing; column b is too short"},
		{"a failed finding without a reason", mapping(fails(plugins.Finding{Severity: plugins.Fail, Text: "no room"})),
			plugins.Fatal, plugins.ReasonSchema, "no room"},
		{"a column too few", mapping(func([]plugins.Column) ([]plugins.Column, []plugins.Finding, error) { return nil, nil, nil }),
			plugins.Bug, plugins.ReasonUnknown, "0 columns for 1"},
		{"map fails", mapping(func([]plugins.Column) ([]plugins.Column, []plugins.Finding, error) { return nil, nil, broken }),
			plugins.Permanent, plugins.ReasonUnknown, "map columns to the target: the server is gone"},
		{"ids with a gap", func(w *world) { w.splits[1].ID = 2 }, plugins.Bug, plugins.ReasonUnknown, "split 1 has the id 2"},
		{"describe fails", failing("describe"), plugins.Permanent, plugins.ReasonUnknown, "describe source: the server is gone"},
		{"until fails", failing("until"), plugins.Permanent, plugins.ReasonUnknown, "find the end of the increment: the server"},
		{"splits fail", failing("splits"), plugins.Permanent, plugins.ReasonUnknown, "split the source: the server is gone"},
		{"reader does not close", failing("close reader"), plugins.Permanent, plugins.ReasonUnknown, "close reader: the server"},
		{"writer does not close", failing("close writer"), plugins.Permanent, plugins.ReasonUnknown, "close writer: the server"},
		{"unknown zone", func(w *world) { w.spec.Setting.Zone = "Mars/Olympus" }, plugins.Fatal, plugins.ReasonConfig, "Mars"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			c.change(w)
			made, err := w.make(t)
			if err == nil || made != nil {
				t.Fatalf("planned %+v", made)
			}
			if plugins.ClassOf(err) != c.class || plugins.ReasonOf(err) != c.reason || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s, reason %q: %v\nwant %s, reason %q: %s", plugins.ClassOf(err), plugins.ReasonOf(err), err, c.class, c.reason, c.text)
			}
		})
	}
}
