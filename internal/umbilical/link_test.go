package umbilical

import "testing"

func TestShare(t *testing.T) {
	got := Limits{BytesPerSecond: 10, RowsPerSecond: 0}.Share(4)
	if want := (Limits{BytesPerSecond: 2}); got != want {
		t.Errorf("a quarter of 10 bytes is %+v, want %+v", got, want)
	}
	if got := (Limits{RowsPerSecond: 2}).Share(8).RowsPerSecond; got != 1 {
		t.Errorf("an eighth of 2 rows is %d, want 1: 0 would be no limit", got)
	}
}
