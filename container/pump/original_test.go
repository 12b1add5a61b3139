package pump

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/internal/memtest"
	"weft/plugins"
)

// converting is a writer that changes batches in place before it writes them,
// as writers may: ids become texts, names become numbers, which they are not
// in every third row.
type converting struct {
	plugins.Writer
	converter *plugins.BatchConverter
	refused   plugins.Refusals
	keep      bool // hand the original form over
}

func (w *converting) Write(_ context.Context, b *plugins.Batch) error {
	for i := range b.Rows {
		if b.Columns[0].Ints[i]%3 != 0 {
			copy(b.Columns[1].Bytes(i), "00000000000") // row-17 -> 000000
		}
	}
	w.refused.Reset(b.Rows)
	w.converter.Convert(b, &w.refused)
	err := w.refused.Err()
	if rows, ok := err.(*plugins.RowErrors); ok && !w.keep {
		for i := range rows.Rows {
			rows.Rows[i].Raw = "id and name, " + rows.Rows[i].Column
		}
	}
	return err
}

// dirtyRows moves the world's rows through a converting writer and returns the
// dirty file of its only unit, and the sample of the attempt's ending.
func dirtyRows(t *testing.T, m *moving, keep bool) ([]dirty.Row, string) {
	t.Helper()
	to := []plugins.Column{{Name: "ID", Kind: plugins.KindString}, {Name: "NAME", Kind: plugins.KindInt64, Nullable: true}}
	converter, err := plugins.NewBatchConverter(memtest.Columns(), to, nil)
	if err != nil {
		t.Fatal(err)
	}
	made := m.o.Ends.NewWriter
	m.o.Ends.NewWriter = func() (plugins.Writer, error) {
		w, err := made()
		return &converting{Writer: w, converter: converter, keep: keep}, err
	}
	ending := m.run(t)
	if len(m.master.units) != 1 {
		t.Fatalf("%d units accepted, want 1", len(m.master.units))
	}
	text, err := fsys.ReadFile(t.Context(), m.world.FS, "/dirty/"+m.master.units[0].DirtyFile, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var rows []dirty.Row
	for line := range strings.Lines(string(text)) {
		var row dirty.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		rows = append(rows, row)
	}
	return rows, ending.Sample
}

// The dirty file shows a row as the reader delivered it, whatever the writer
// had made of its columns by the time it refused it.
func TestDirtyFileShowsTheOriginal(t *testing.T) {
	test(t, &memtest.World{Splits: 1, Rows: 7}, func(t *testing.T, m *moving) {
		var got []string
		rows, sample := dirtyRows(t, m, true)
		for _, row := range rows {
			got = append(got, row.Column+" "+string(row.Code)+" "+string(row.Value)+row.Raw)
		}
		want := []string{
			`NAME conversion {"id":"0","name":"row-0"}`,
			`NAME conversion {"id":"3","name":"row-3"}`,
			`NAME conversion {"id":"6","name":"row-6"}`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(sample, `{"id":"0","name":"row-0"}`) {
			t.Errorf("sample %q does not show the row", sample)
		}
	})
}

// A raw form that is no JSON does not break the file.
func TestDirtyFileTakesRawTexts(t *testing.T) {
	test(t, &memtest.World{Splits: 1, Rows: 1}, func(t *testing.T, m *moving) {
		rows, _ := dirtyRows(t, m, false)
		if len(rows) != 1 || rows[0].Raw != "id and name, NAME" || rows[0].Value != nil {
			t.Errorf("dirty rows %+v", rows)
		}
	})
}
