package dirtytable

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

var began = time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("GMT+8", 8*3600))

// given fills a run folder with the dirty rows of units: two of split 0, one of split 1, and one that was never accepted.
func given(t *testing.T, store fsys.FS) []plugins.Manifest {
	t.Helper()
	ctx := t.Context()
	if err := fsys.MkdirAll(ctx, store, "/run/dirty", 0o700); err != nil {
		t.Fatal(err)
	}
	var units []plugins.Manifest
	for i, at := range [][2]int{{0, 0}, {0, 2}, {1, 0}, {1, 1}} {
		a := plugins.Attempt{Run: "r1", Generation: 1, Number: 1, Split: plugins.Split{ID: at[0]}}
		files := dirty.New(store, "/run/dirty", a)
		for n := range int64(i + 1) {
			r := dirty.Row{Split: at[0], Unit: at[1], Row: n, Stage: dirty.StageWrite, Column: "price", Code: plugins.RowOverflow,
				Cause: "1e99 is\ntoo large, said the server with hunter2", Time: time.Date(2026, 3, 1, 16, 0, 0, 5e6, time.UTC),
				Value: json.RawMessage(fmt.Sprintf(`{"id":"%d","price":"1e99","note":"a\u0001b\\"}`, n))}
			if n == 1 {
				r = dirty.Row{Split: at[0], Unit: at[1], Row: n, Stage: dirty.StageRead, Code: plugins.RowNull, Cause: "no", Raw: "x,\n", Time: r.Time}
			}
			if err := files.Add(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		name, err := files.Close()
		if err != nil {
			t.Fatal(err)
		}
		u := plugins.Unit{Sequence: at[1], DirtyFile: name, Counters: plugins.Counters{RowsDirty: int64(i + 1)}}
		units = append(units, plugins.ManifestOf(a, u))
	}
	clean := plugins.Attempt{Run: "r1", Generation: 1, Number: 1}
	return append(units[:3], plugins.ManifestOf(clean, plugins.Unit{Sequence: 1}))
}

func options(store fsys.FS, units []plugins.Manifest) Options {
	return Options{Run: "r1", Application: "application_1_0001", Job: "or=ders", Generation: 1, Began: began,
		To:   job.Dirty{DirtyTable: job.DirtyTable{Table: "ops.dirty", Location: "mem:/t", Deadline: job.Duration(time.Minute)}, Path: "/flinkx"},
		From: store, FromDir: "/run/dirty", Units: units, Sources: []string{"mysql orders", "mysql orders"}, Keys: [][]string{{"id"}, nil},
		Open: func(_ context.Context, location string, _ map[string]string) (fsys.FS, string, error) {
			return store, strings.TrimPrefix(location, "mem:"), nil
		},
		Scrub:   func(text string) string { return strings.ReplaceAll(text, "hunter2", "******") },
		Current: func() error { return nil }, Log: slog.New(slog.DiscardHandler)}
}

// tree is every file below a folder with its content.
func tree(t *testing.T, store fsys.FS, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := store.List(context.Background(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return all
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		if e.Dir {
			if strings.HasPrefix(e.Name, ".weft") {
				all[name] = "(folder)"
			}
			for k, v := range tree(t, store, name) {
				all[k] = v
			}
			continue
		}
		data, err := fsys.ReadFile(context.Background(), store, name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(data)
	}
	return all
}

const part = "/t/dt=2026-03-01/job=or%3Dders/"

func TestLayout(t *testing.T) {
	store := mem.New(mem.Options{})
	o := options(store, given(t, store))
	place, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	const line = "r1\x01application_1_0001\x010\x01mysql orders\x010:0\x01{\"id\":\"0\"}\x01price\x01overflow\x01" +
		"1e99 is\\ntoo large, said the server with ******\x01{\"id\":\"0\",\"price\":\"1e99\",\"note\":\"a\\\\u0001b\\\\\\\\\"}\x012026-03-01 16:00:00.005\n"
	got := tree(t, store, "/t")
	if got[part+"r1@000000-000000-g000001-a01"] != line {
		t.Errorf("line\n%q, want\n%q", got[part+"r1@000000-000000-g000001-a01"], line)
	}
	if len(got) != 3 || strings.Count(got[part+"r1@000001-000000-g000001-a01"], "\n") != 3 {
		t.Errorf("files %q", got)
	}
	read := "r1\x01application_1_0001\x010\x01mysql orders\x012:1\x01\\N\x01\\N\x01null\x01no\x01\"x,\\\\n\"\x012026-03-01 16:00:00.005\n"
	if !strings.HasSuffix(got[part+"r1@000000-000002-g000001-a01"], read) {
		t.Errorf("a row refused on reading: %q", got[part+"r1@000000-000002-g000001-a01"])
	}
	old := tree(t, store, "/flinkx")["/flinkx/r1@000000-000002-g000001-a01"]
	want := "{\"id\":\"0\",\"price\":\"1e99\",\"note\":\"a\\u0001b\\\\\"}\x01conversion\x01" +
		"\"column price: overflow: 1e99 is\\ntoo large, said the server with ******\"\x012026-03-02 00:00:00\n" +
		"\"x,\\n\"\x01npe\x01\"null: no\"\x012026-03-02 00:00:00\n"
	if diff := cmp.Diff(want, old); diff != "" {
		t.Errorf("four columns (-want +got):\n%s", diff)
	}
	wantPlace := &job.DirtyPlace{Table: "ops.dirty", Folder: "mem:/t/dt=2026-03-01/job=or%3Dders", Files: "/flinkx",
		Query:      "SELECT * FROM ops.dirty WHERE dt = '2026-03-01' AND job = 'or=ders' AND run_id = 'r1'",
		Statements: statements("ops.dirty", "mem:/t", "2026-03-01", "or=ders", "mem:/t/dt=2026-03-01/job=or%3Dders")}
	if diff := cmp.Diff(wantPlace, place); diff != "" {
		t.Errorf("place (-want +got):\n%s", diff)
	}
}

// Whoever repeats it changes nothing; what a run that began anew had laid out before goes; files of others stay.
func TestRepeatedAndBegunAnew(t *testing.T) {
	store := mem.New(mem.Options{})
	o := options(store, given(t, store))
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	first := tree(t, store, "/t")
	if err := fsys.WriteFileExclusive(t.Context(), store, part+"r10@000000-000000-g000001-a01", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Generation = 2
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	first[part+"r10@000000-000000-g000001-a01"] = ""
	if diff := cmp.Diff(first, tree(t, store, "/t")); diff != "" {
		t.Errorf("repeated (-first +second):\n%s", diff)
	}
	o.Units = o.Units[:1]
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, store, "/t"); len(got) != 2 {
		t.Errorf("after a beginning anew: %q", got)
	}
	o.Units = nil
	place, err := Run(t.Context(), o)
	if got := tree(t, store, "/"); err != nil || place != nil || len(got) != 1+4 { // the stranger, and the run folder
		t.Errorf("without dirty rows: %v, %v, %q", place, err, got)
	}
}

// Files on their way that belong to a successor stay.
func TestSuccessorIsLeftAlone(t *testing.T) {
	store := mem.New(mem.Options{})
	o := options(store, given(t, store))
	o.Generation = 3
	for _, name := range []string{"/t/.weft-r1/g000002", "/t/.weft-r1/g000004"} {
		if err := fsys.MkdirAll(t.Context(), store, name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	entries, err := store.List(t.Context(), "/t/.weft-r1")
	if err != nil || len(entries) != 1 || entries[0].Name != "g000004" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// A process that dies before or after any durable operation is followed by one that finishes: the same files, once.
func TestCrashAtEveryStep(t *testing.T) {
	clean := mem.New(mem.Options{Leases: true})
	units := given(t, clean)
	counted := faulty.Wrap(clean)
	if _, err := Run(t.Context(), options(counted, units)); err != nil {
		t.Fatal(err)
	}
	want, steps := tree(t, clean, "/"), counted.Durable()
	if steps < 12 {
		t.Fatalf("only %d durable operations", steps)
	}
	dead := errors.New("the process died here")
	for k := 1; k <= steps; k++ {
		for _, when := range []faulty.When{faulty.Before, faulty.After} {
			store := mem.New(mem.Options{Leases: true})
			units := given(t, store)
			victim := store.Client()
			f := faulty.Wrap(victim)
			f.Add(faulty.Rule{DurableNth: k, When: when, Err: dead, Dead: true, Do: victim.Crash})
			if _, err := Run(t.Context(), options(f, units)); !errors.Is(err, dead) {
				t.Fatalf("step %d, %v: the process did not die: %v", k, when, err)
			}
			o := options(store.Client(), units)
			o.Generation = 2
			if _, err := Run(t.Context(), o); err != nil {
				t.Fatalf("step %d, %v: %v", k, when, err)
			}
			if diff := cmp.Diff(want, tree(t, store, "/")); diff != "" {
				t.Errorf("step %d, %v (-want +got):\n%s", k, when, diff)
			}
		}
	}
}

// What may pass is waited for, to the deadline and no longer; what will not pass ends it at once.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{})
		o := options(store, given(t, store))
		calls := 0
		open := o.Open
		o.Open = func(ctx context.Context, location string, settings map[string]string) (fsys.FS, string, error) {
			if calls++; calls < 4 {
				return nil, "", fmt.Errorf("reach: %w", fsys.ErrUnavailable)
			}
			return open(ctx, location, settings)
		}
		if _, err := Run(t.Context(), o); err != nil || calls != 5 {
			t.Errorf("%v after %d calls", err, calls)
		}
		o.Open = func(context.Context, string, map[string]string) (fsys.FS, string, error) {
			return nil, "", fmt.Errorf("reach: %w", fsys.ErrUnavailable)
		}
		start := time.Now()
		_, err := Run(t.Context(), o)
		if took := time.Since(start); !errors.Is(err, fsys.ErrUnavailable) || !strings.Contains(err.Error(), "dirty.deadline, 1m0s") || took > time.Minute {
			t.Errorf("%v after %s", err, took)
		}
		o.Open = func(context.Context, string, map[string]string) (fsys.FS, string, error) {
			return nil, "", fs.ErrPermission
		}
		start = time.Now()
		if _, err := Run(t.Context(), o); !errors.Is(err, fs.ErrPermission) || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// A file that does not have the rows that its unit counted is not laid out.
func TestRowsMustBeAll(t *testing.T) {
	store := mem.New(mem.Options{})
	units := given(t, store)
	units[0].Counters.RowsDirty++
	_, err := Run(t.Context(), options(store, units))
	if plugins.ClassOf(err) != plugins.Bug {
		t.Errorf("error %v", err)
	}
	for name := range tree(t, store, "/t") {
		if strings.HasPrefix(name, part) {
			t.Errorf("%s was laid out", name)
		}
	}
}

func TestSplitName(t *testing.T) {
	for name, want := range map[string]string{"Ops.Dirty_Rows": "ops.dirty_rows", "dirty": "default.dirty", "": "", "a.b.c": "", "a.b c": "", "a.": "", "x;drop": ""} {
		database, table, err := SplitName(name)
		if got := database + "." + table; err == nil != (want != "") || err == nil && got != want {
			t.Errorf("SplitName(%q) = %q, %v", name, got, err)
		}
	}
}

// Whatever a value holds, a line is one line of as many fields, and undoing the escapes gives the value back.
func FuzzField(f *testing.F) {
	for _, seed := range []string{"", `\N`, `\`, "\x01", "a\r\nb", `n\n`, "中\x00\xff"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		line := append(appendField(append(appendField(nil, a), delimiter), b), '\n')
		if bytes.IndexByte(line, '\n') != len(line)-1 || bytes.IndexByte(line, '\r') >= 0 {
			t.Fatalf("%q has line ends inside", line)
		}
		if got, want := fields(line[:len(line)-1]), []string{a, b}; cmp.Diff(want, got) != "" {
			t.Errorf("%q reads as %q, want %q", line, got, want)
		}
	})
}

// fields takes a line apart as LazySimpleSerDe does, NULL as "".
func fields(line []byte) []string {
	var out []string
	var value []byte
	start := 0
	end := func(i int) {
		if string(line[start:i]) == nullMarker {
			value = nil
		}
		out = append(out, string(value))
		value, start = nil, i+1
	}
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == escape && i+1 < len(line):
			i++
			value = append(value, map[byte]byte{'n': '\n', 'r': '\r'}[line[i]])
			if line[i] != 'n' && line[i] != 'r' {
				value[len(value)-1] = line[i]
			}
		case b == delimiter:
			end(i)
		default:
			value = append(value, b)
		}
	}
	end(len(line))
	return out
}
