package dirty

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/plugins"
)

var attempt = plugins.Attempt{Run: "r", Generation: 3, Number: 2, Split: plugins.Split{ID: 12}}

func newFiles(t *testing.T) (*Files, *mem.FS) {
	t.Helper()
	fs := mem.New(mem.Options{Leases: true})
	if err := fs.Mkdir(t.Context(), "/dirty", 0o700); err != nil {
		t.Fatal(err)
	}
	return New(fs, "/dirty", attempt), fs
}

func rows(t *testing.T, fs fsys.FS, name string) []Row {
	t.Helper()
	data, err := fsys.ReadFile(context.Background(), fs, "/dirty/"+name, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var all []Row
	for line := range strings.Lines(string(data)) {
		var r Row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}

func TestOneFileAUnit(t *testing.T) {
	files, fs := newFiles(t)
	if name, err := files.Close(); name != "" || err != nil {
		t.Errorf("a unit without dirty rows has the file %q, %v", name, err)
	}
	want := map[string][]Row{}
	for unit := range 2 {
		for i := range int64(3) {
			r := Row{Split: 12, Unit: unit, Row: i, Stage: StageRead, Column: "c", Code: plugins.RowFormat, Cause: "quote\" \n 中",
				Raw: "raw\x00", Time: time.Unix(7, 0).UTC()}
			if err := files.Add(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			want[Name(attempt, unit)] = append(want[Name(attempt, unit)], r)
		}
		name, err := files.Close()
		if err != nil || name != Name(attempt, unit) {
			t.Fatalf("unit %d: file %q, %v", unit, name, err)
		}
	}
	for name, w := range want {
		if diff := cmp.Diff(w, rows(t, fs, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, want := Name(attempt, 3), "000012-000003-g000003-a02.jsonl"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	files, store := newFiles(t)
	if err := files.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same unit again after it was given up
		if err := files.Add(t.Context(), Row{Split: 12}); err != nil {
			t.Fatal(err)
		}
		if err := files.Abort(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Stat(t.Context(), "/dirty/"+Name(attempt, 0)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file of an aborted unit: %v", err)
		}
	}
}

func TestValueOf(t *testing.T) {
	columns := []plugins.Column{{Name: "id", Kind: plugins.KindInt64}, {Name: "t\"", Kind: plugins.KindString},
		{Name: "at", Kind: plugins.KindDatetime, Scale: 3}}
	b := plugins.NewBatch(columns)
	b.Columns[0].AppendInt(-7)
	b.Columns[1].AppendString("a\n" + strings.Repeat("x", plugins.MaxRawValueBytes))
	b.Columns[2].AppendNull()
	b.EndRow(1)
	var got map[string]*string
	if err := json.Unmarshal(ValueOf(columns, b, 0), &got); err != nil {
		t.Fatal(err)
	}
	if *got["id"] != "-7" || got["at"] != nil || !strings.HasPrefix(*got[`t"`], "a\nxxx") || !strings.HasSuffix(*got[`t"`], "… (cut)") {
		t.Errorf("value %+v", got)
	}
}
