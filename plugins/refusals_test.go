package plugins

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefusalsKeepTheFirstOfEachRowInOrder(t *testing.T) {
	var r Refusals
	r.Reset(70)
	r.Add(RowError{Index: 69, Column: "a"})
	r.Add(RowError{Index: 0, Column: "b"})
	r.Add(RowError{Index: 69, Column: "c"})
	if !r.Has(0) || !r.Has(69) || r.Has(1) || r.Has(64) || r.Len() != 2 {
		t.Fatalf("has %v %v %v %v, length %d", r.Has(0), r.Has(69), r.Has(1), r.Has(64), r.Len())
	}
	want := &RowErrors{Rows: []RowError{{Index: 0, Column: "b"}, {Index: 69, Column: "a"}}}
	if diff := cmp.Diff(error(want), r.Err()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsAreEmptyAfterReset(t *testing.T) {
	var r Refusals
	for _, rows := range []int{1, 200, 64, 4096, 3} {
		r.Reset(rows)
		if err := r.Err(); err != nil {
			t.Errorf("%d rows: %v", rows, err)
		}
		r.Add(RowError{Index: rows - 1})
		for i := range rows {
			if r.Has(i) != (i == rows-1) {
				t.Errorf("%d rows: row %d refused: %v", rows, i, r.Has(i))
			}
		}
	}
}

func TestRefusalsDoNotShareWhatTheyReturned(t *testing.T) {
	var r Refusals
	r.Reset(2)
	r.Add(RowError{Index: 1, Column: "kept"})
	got := r.Err().(*RowErrors)
	r.Reset(2)
	r.Add(RowError{Index: 0, Column: "other"})
	if got.Rows[0].Column != "kept" {
		t.Errorf("refusal of the last batch became %+v", got.Rows[0])
	}
}
