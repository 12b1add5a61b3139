package plugins

import (
	"testing"
	"time"
)

// TestCivilAgainstPackageTime compares every day of the years 1 to 9999, and
// 100,000 days around 1970, with package time.
func TestCivilAgainstPackageTime(t *testing.T) {
	check := func(days int64) {
		year, month, day := CivilOf(days)
		want := time.Unix(days*86_400, 0).UTC()
		if year != want.Year() || month != int(want.Month()) || day != want.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %v", days, year, month, day, want)
		}
		if back := DaysOf(year, month, day); back != days {
			t.Fatalf("%d-%d-%d is day %d, want %d", year, month, day, back, days)
		}
		if day > DaysIn(year, month) {
			t.Fatalf("%d-%d has %d days, and yet a day %d", year, month, DaysIn(year, month), day)
		}
	}
	for days := int64(-100_000); days <= 100_000; days++ {
		check(days)
	}
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86_400
	last := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix() / 86_400
	for days := first; days <= last; days++ {
		check(days)
	}
}

func TestCivilFarFromToday(t *testing.T) {
	for _, year := range []int{-292_000, -401, -400, -399, -4, -1, 0, 1, 10_000, 292_000} {
		days := DaysOf(year, 2, 28)
		if y, m, d := CivilOf(days); y != year || m != 2 || d != 28 {
			t.Errorf("28 February %d came back as %d-%d-%d", year, y, m, d)
		}
		if DaysOf(year, 3, 1)-days != int64(DaysIn(year, 2)-27) {
			t.Errorf("February %d has %d days between its 28th and 1 March", year, DaysOf(year, 3, 1)-days)
		}
	}
}

func TestFloorDiv(t *testing.T) {
	for _, c := range [][3]int64{{7, 2, 3}, {-7, 2, -4}, {-8, 2, -4}, {0, 5, 0}, {-1, 5, -1}} {
		if got := floorDiv(c[0], c[1]); got != c[2] {
			t.Errorf("floorDiv(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
