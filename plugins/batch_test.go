package plugins

import "testing"

var pair = []Column{{Name: "a", Kind: KindInt64}, {Name: "b", Kind: KindString}}

func TestBatchRefuseTakesBackAnUnfinishedRow(t *testing.T) {
	b := NewBatch(pair)
	b.Columns[0].AppendInt(1)
	b.Columns[1].AppendString("one")
	b.EndRow(4)
	b.Columns[0].AppendInt(2)
	b.Columns[1].Data = append(b.Columns[1].Data, "tw"...)
	b.Refuse(Refusal{RowError: RowError{Column: "b", Code: RowFormat}, Raw: "2,tw"}, 4)
	b.Columns[0].AppendInt(3)
	b.Columns[1].AppendString("three")
	b.EndRow(6)
	b.Filtered++

	if b.Rows != 2 || b.Columns[0].Len() != 2 || b.Columns[1].Len() != 2 {
		t.Fatalf("%d rows, columns of %d and %d", b.Rows, b.Columns[0].Len(), b.Columns[1].Len())
	}
	if b.Columns[0].Ints[1] != 3 || string(b.Columns[1].Bytes(1)) != "three" {
		t.Errorf("second row is %d, %q", b.Columns[0].Ints[1], b.Columns[1].Bytes(1))
	}
	if b.RowsRead() != 4 || b.BytesRead != 14 {
		t.Errorf("%d rows and %d bytes read", b.RowsRead(), b.BytesRead)
	}
}

func TestBatchFullCountsRowsRefusedRowsAndBytes(t *testing.T) {
	b := NewBatch(pair)
	b.MaxRows, b.MaxBytes = 2, 100
	if b.Full() {
		t.Error("an empty batch is full")
	}
	b.EndRow(1)
	b.Refuse(Refusal{}, 1)
	if !b.Full() {
		t.Error("a row and a refused one do not fill a batch of two")
	}
	b.Reset(pair)
	b.EndRow(100)
	if !b.Full() {
		t.Error("100 bytes do not fill a batch of 100 bytes")
	}
}

func TestBatchResetEmptiesEverything(t *testing.T) {
	b := NewBatch(pair)
	b.Refuse(Refusal{Raw: "x"}, 3)
	b.Filtered, b.Position = 2, "p"
	b.Reset([]Column{{Kind: KindFloat64}})
	if len(b.Columns) != 1 || b.Columns[0].Kind != KindFloat64 || b.RowsRead() != 0 || b.BytesRead != 0 || b.Position != "" {
		t.Errorf("after Reset: %+v", b)
	}
}

func TestCountersKnowTheConservationLaw(t *testing.T) {
	var c Counters
	c.Add(Counters{RowsRead: 5, RowsWritten: 3, RowsDirty: 1, RowsFiltered: 1})
	if !c.Conserved() {
		t.Errorf("%+v is not conserved", c)
	}
	c.Add(Counters{RowsRead: 1})
	if c.Conserved() {
		t.Errorf("%+v is conserved, though a row vanished", c)
	}
}
