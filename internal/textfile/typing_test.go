package textfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

func TestTyping(t *testing.T) {
	texts := []plugins.Column{{Name: "id", Kind: plugins.KindString, Nullable: true}, {Name: "on", Kind: plugins.KindString, Nullable: true}}
	columns := []plugins.Column{{Name: "id", Kind: plugins.KindInt64, Nullable: true}, {Name: "on", Kind: plugins.KindDate, Nullable: true}}
	typing, err := NewTyping(texts, columns, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second batch has forgotten the first one's lines
		b := plugins.NewBatch(texts)
		typing.Begin()
		for _, row := range [][2]string{{"1", "1970-01-02"}, {"x", "1970-01-03"}, {"3", "soon"}, {"4", "1970-01-05"}} {
			b.Columns[0].AppendString(row[0])
			b.Columns[1].AppendString(row[1])
			typing.EndRow(b, []byte(row[0]+"|"+row[1]), 10)
		}
		typing.Finish(b)
		if diff := cmp.Diff([]int64{1, 4}, b.Columns[0].Ints); diff != "" || b.Rows != 2 {
			t.Errorf("%d rows, ids (-want +got):\n%s", b.Rows, diff)
		}
		if diff := cmp.Diff([]int64{1, 4}, b.Columns[1].Ints); diff != "" {
			t.Errorf("days (-want +got):\n%s", diff)
		}
		got := map[string]string{}
		for _, r := range b.Refused {
			got[r.Raw] = r.Column + " " + string(r.Code) + r.RowError.Raw
		}
		want := map[string]string{"x|1970-01-03": "id conversion", "3|soon": "on conversion"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
		if b.BytesRead != 40 || b.RowsRead() != 4 {
			t.Errorf("%d bytes and %d rows read, want 40 and 4", b.BytesRead, b.RowsRead())
		}
	}
}

func TestTypingNeedsColumnsThatGoTogether(t *testing.T) {
	if _, err := NewTyping(nil, []plugins.Column{{Name: "a"}}, nil); plugins.ReasonOf(err) != plugins.ReasonSchema {
		t.Errorf("error %v", err)
	}
}
