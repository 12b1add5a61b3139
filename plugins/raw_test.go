package plugins

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawsOf returns the raw forms of the refused rows, by index.
func rawsOf(t *testing.T, err error) map[int]string {
	t.Helper()
	var rows *RowErrors
	if !errors.As(err, &rows) {
		t.Fatalf("error %v, want *RowErrors", err)
	}
	raws := map[int]string{}
	for _, r := range rows.Rows {
		raws[r.Index] = r.Raw
	}
	return raws
}

// A row refused by a column is described as it came, also where columns before
// the culprit are converted already, through two steps even.
func TestRefusedRowsKeepTheirOriginal(t *testing.T) {
	from := []Column{
		{Name: "born", Kind: KindDate},
		{Name: "id", Kind: KindInt64},
		{Name: "price", Kind: KindString, Nullable: true},
		{Name: "note", Kind: KindString, Nullable: true},
		{Name: "seen", Kind: KindTimestamp, Scale: 3},
	}
	to := []Column{
		{Name: "b", Kind: KindDatetime, Nullable: true},
		{Name: "i", Kind: KindString, Nullable: true},
		{Name: "p", Kind: KindInt64, Nullable: true},
		{Name: "n", Kind: KindString, Nullable: true},
		{Name: "s", Kind: KindString, Nullable: true},
	}
	c, err := NewBatchConverter(from, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused Refusals
	for range 2 { // the second batch lives in the memory of the first
		b := NewBatch(from)
		b.Columns[0].ResetText(KindDate)
		for i, price := range []string{"12", "1e99", "x", "7"} {
			b.Columns[0].AppendString("2026-11-2" + string(rune('0'+i)))
			b.Columns[1].AppendInt(int64(i))
			b.Columns[2].AppendString(price)
			b.Columns[3].AppendNull()
			b.Columns[4].AppendInt(int64(i) * 1_000)
			b.EndRow(1)
		}
		refused.Reset(b.Rows)
		c.Convert(b, &refused)
		refused.Add(RowError{Index: 3, Column: "n", Code: RowDelimiter, Cause: "a rule of the writer's own"})
		want := map[int]string{
			1: `{"born":"2026-11-21","id":"1","price":"1e99","note":null,"seen":"1970-01-01 00:00:00.001"}`,
			2: `{"born":"2026-11-22","id":"2","price":"x","note":null,"seen":"1970-01-01 00:00:00.002"}`,
			3: `{"born":"2026-11-23","id":"3","price":"7","note":null,"seen":"1970-01-01 00:00:00.003"}`,
		}
		if diff := cmp.Diff(want, rawsOf(t, refused.Err())); diff != "" {
			t.Error(diff)
		}
	}
}

// Without a converter nothing was changed, and nothing is said; a new batch
// forgets the one before.
func TestRefusalsWithoutConverterHaveNoRaw(t *testing.T) {
	columns := []Column{{Name: "a", Kind: KindInt64}}
	c, err := NewBatchConverter(columns, columns, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(columns)
	b.Columns[0].AppendInt(1)
	b.EndRow(1)
	var refused Refusals
	refused.Reset(1)
	c.Convert(b, &refused)
	refused.Reset(1)
	refused.Add(RowError{Index: 0, Code: RowConstraint, Cause: "no"})
	if diff := cmp.Diff(map[int]string{0: ""}, rawsOf(t, refused.Err())); diff != "" {
		t.Error(diff)
	}
}

func TestBatchesWithoutRefusalsCostNoAllocation(t *testing.T) {
	from := []Column{{Name: "a", Kind: KindInt64}, {Name: "b", Kind: KindString}}
	to := []Column{{Name: "a", Kind: KindString}, {Name: "b", Kind: KindInt64}}
	c, err := NewBatchConverter(from, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(from)
	var refused Refusals
	run := func() {
		b.Reset(from)
		for i := range 1000 {
			b.Columns[0].AppendInt(int64(i))
			b.Columns[1].AppendString("42")
			b.EndRow(1)
		}
		refused.Reset(b.Rows)
		c.Convert(b, &refused)
	}
	run()
	run()
	if n := testing.AllocsPerRun(10, run); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	if err := refused.Err(); err != nil {
		t.Error(err)
	}
}

func TestRawOf(t *testing.T) {
	columns := []Column{{Name: `quo"te`, Kind: KindString}, {Name: "n", Kind: KindInt64},
		{Name: "at", Kind: KindDatetime, Scale: 0}, {Name: "long", Kind: KindString}}
	b := NewBatch(columns)
	b.Columns[0].AppendString("a\tb\xff中")
	b.Columns[1].AppendNull()
	b.Columns[2].AppendInt(1_500_000) // a fraction beyond what was declared
	b.Columns[3].AppendString(strings.Repeat("é", MaxRawValueBytes))
	b.EndRow(1)
	want := `{"quo\"te":"a\tb\ufffd中","n":null,"at":"1970-01-01 00:00:01.500000","long":"` +
		strings.Repeat("é", MaxRawValueBytes/2) + `… (cut)"}`
	if got := RawOf(columns, b.Columns, 0); got != want {
		t.Errorf("raw form\n%s, want\n%s", got, want)
	}
}
