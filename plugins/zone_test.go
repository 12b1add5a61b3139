package plugins

import (
	"testing"
	"time"
	_ "time/tzdata" // the test must not depend on the machine's zones
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func wallOf(year int, month time.Month, day, hour, minute int) int64 {
	return time.Date(year, month, day, hour, minute, 0, 0, time.UTC).UnixMicro()
}

// TestZoneClockAgainstPackageTime walks instants in order, backwards and at
// random through zones with summer time, with a shift by a day, and without.
func TestZoneClockAgainstPackageTime(t *testing.T) {
	r := newRandom(t)
	for _, name := range []string{"UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Europe/Amsterdam", "Africa/Monrovia"} {
		zone := load(t, name)
		clock := zoneClock{zone: zone}
		step := int64(41 * time.Hour / time.Microsecond)
		from := wallOf(1880, 1, 1, 0, 0)
		for i := range int64(40_000) {
			instant := from + i*step + r.Int64N(step)
			if i%3 == 2 {
				instant = from + r.Int64N(40_000*step)
			}
			when := time.UnixMicro(instant).In(zone)
			_, offset := when.Zone()
			wall := clock.wall(instant)
			if want := instant + int64(offset)*microsPerSecond; wall != want {
				t.Fatalf("%s: wall clock at %v is %d, want %d", name, when, wall, want)
			}
			back, ok := clock.instant(wall)
			if !ok || clock.wall(back) != wall || back > instant {
				t.Fatalf("%s: instant of the wall clock of %v is %v, %v", name, when, time.UnixMicro(back).UTC(), ok)
			}
		}
	}
}

func TestZoneClockAtTheChangesOfSummerTime(t *testing.T) {
	newYork := load(t, "America/New_York")
	apia := load(t, "Pacific/Apia")
	cases := []struct {
		name string
		zone *time.Location
		wall int64
		want int64
		ok   bool
	}{
		{"before the gap", newYork, wallOf(2024, 3, 10, 1, 59), wallOf(2024, 3, 10, 6, 59), true},
		{"in the gap", newYork, wallOf(2024, 3, 10, 2, 30), 0, false},
		{"after the gap", newYork, wallOf(2024, 3, 10, 3, 0), wallOf(2024, 3, 10, 7, 0), true},
		{"the first of two", newYork, wallOf(2024, 11, 3, 1, 30), wallOf(2024, 11, 3, 5, 30), true},
		{"after the two", newYork, wallOf(2024, 11, 3, 2, 0), wallOf(2024, 11, 3, 7, 0), true},
		{"a day that never was", apia, wallOf(2011, 12, 30, 12, 0), 0, false},
		{"far past", newYork, farPast, 0, false},
		{"far future", newYork, farFuture + 1, 0, false},
	}
	for _, c := range cases {
		// In either order: the cached interval must not matter.
		for _, before := range []int64{wallOf(2000, 1, 1, 0, 0), wallOf(2024, 7, 1, 0, 0), wallOf(2024, 12, 1, 0, 0)} {
			clock := zoneClock{zone: c.zone}
			clock.wall(before)
			got, ok := clock.instant(c.wall)
			if ok != c.ok || ok && got != c.want {
				t.Errorf("%s: %v, %v, want %v, %v", c.name, time.UnixMicro(got).UTC(), ok, time.UnixMicro(c.want).UTC(), c.ok)
			}
		}
	}
}
