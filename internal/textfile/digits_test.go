package textfile

import (
	"math"
	"math/rand/v2"
	"testing"

	"weft/plugins"
)

func same(t *testing.T, kind plugins.Kind, x int64, scale int, got string) {
	t.Helper()
	if want := string(appendRare(nil, kind, x, scale)); got != want {
		t.Fatalf("%s %d with %d digits is %q; want %q", kind, x, scale, got, want)
	}
}

// The fast ways must say what the canonical one says.
func TestFastTextsAreCanonical(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var c calendar
	check := func(x int64) {
		same(t, plugins.KindInt64, x, 0, string(appendInt(nil, x)))
		for _, scale := range []int{0, 1, 3, 6} {
			same(t, plugins.KindDatetime, x, scale, string(c.appendMoment(nil, x, scale)))
		}
		if day := x >> 20; day > -1<<40 && day < 1<<40 {
			same(t, plugins.KindDate, day, 0, string(c.appendDay(nil, day)))
		}
	}
	for _, x := range []int64{0, -1, math.MaxInt64, math.MinInt64, firstDay * microsPerDay, firstDay*microsPerDay - 1,
		(lastDay+1)*microsPerDay - 1, (lastDay + 1) * microsPerDay, -microsPerDay, -microsPerDay - 1} {
		check(x)
	}
	for p := int64(1); p > 0 && p < math.MaxInt64/10; p *= 10 {
		for _, x := range []int64{p - 1, p, p + 1, -p, 9 * p} {
			check(x)
		}
	}
	for _, day := range []int64{firstDay - 1, firstDay, -1, 0, lastDay, lastDay + 1} {
		same(t, plugins.KindDate, day, 0, string(c.appendDay(nil, day)))
	}
	for range 200_000 {
		check(r.Int64() >> r.IntN(64) * int64(1-2*r.IntN(2)))
	}
}
