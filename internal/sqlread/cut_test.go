package sqlread

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/plugins"
)

// fakeTable is a sorted list of keys with a collation of its own.
type fakeTable struct {
	keys    []Tuple
	compare func(a, b Tuple) int
	blind   bool // it estimates nothing
	probes  int
	fail    error
}

func (f *fakeTable) at(t Tuple) int {
	i, _ := slices.BinarySearchFunc(f.keys, t, func(k, t Tuple) int { return f.compare(k[:len(t)], t) })
	return i
}

func (f *fakeTable) Ends(context.Context) (first, last Tuple, err error) {
	if len(f.keys) == 0 {
		return nil, nil, f.fail
	}
	return f.keys[0], f.keys[len(f.keys)-1], f.fail
}

func (f *fakeTable) Cut(_ context.Context, after, guess, upTo Tuple) (key, before Tuple, err error) {
	f.probes++
	i := f.at(guess)
	if i == 0 || i == len(f.keys) || f.compare(f.keys[i], after) <= 0 || f.compare(f.keys[i], upTo) > 0 {
		return nil, nil, f.fail
	}
	return f.keys[i], f.keys[i-1], f.fail
}

func (f *fakeTable) Estimate(_ context.Context, r Range) (int64, error) {
	if f.blind {
		return -1, f.fail
	}
	return int64(f.count(r)), f.fail
}

func (f *fakeTable) count(r Range) int {
	low, high := 0, len(f.keys)
	if len(r.Low) > 0 {
		low = f.at(r.Low)
	}
	if len(r.High) > 0 {
		high = f.at(r.High)
	}
	return high - low
}

func compareNumbers(a, b Tuple) int {
	for i := range a {
		x, _ := new(big.Int).SetString(a[i], 10)
		y, _ := new(big.Int).SetString(b[i], 10)
		if c := x.Cmp(y); c != 0 {
			return c
		}
	}
	return 0
}

// foldCase is a collation: letters of both cases are one.
func foldCase(a, b Tuple) int {
	for i := range a {
		if c := cmp.Compare(strings.ToLower(a[i]), strings.ToLower(b[i])); c != 0 {
			return c
		}
	}
	return 0
}

func tableOf(compare func(a, b Tuple) int, keys []Tuple) *fakeTable {
	slices.SortFunc(keys, compare)
	return &fakeTable{keys: slices.CompactFunc(keys, func(a, b Tuple) bool { return compare(a, b) == 0 }), compare: compare}
}

// Pieces of any table are disjoint, complete and of about equal weight.
func TestCut(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	int1 := []KeyColumn{{Name: "id", Kind: plugins.KindInt64}}
	for name, c := range map[string]struct {
		key     []KeyColumn
		compare func(a, b Tuple) int
		next    func(i int) Tuple
	}{
		"dense":       {int1, compareNumbers, func(i int) Tuple { return Tuple{fmt.Sprint(i)} }},
		"sparse":      {int1, compareNumbers, func(int) Tuple { return Tuple{fmt.Sprint(random.Int64() - random.Int64())} }},
		"clustered":   {int1, compareNumbers, func(i int) Tuple { return Tuple{fmt.Sprint(int64(i) + int64(i%7)<<55)} }},
		"outlier":     {int1, compareNumbers, func(i int) Tuple { return Tuple{fmt.Sprint(max(int64(i), int64(i/9999)<<62))} }},
		"exponential": {int1, compareNumbers, func(int) Tuple { return Tuple{fmt.Sprint(random.Int64() >> random.IntN(60))} }},
		"text": {[]KeyColumn{{Name: "s", Kind: plugins.KindString}}, foldCase, func(int) Tuple {
			return Tuple{fmt.Sprintf("%c%c-%06d", 'A'+random.IntN(26), 'a'+random.IntN(26), random.IntN(1e6))}
		}},
		"skewed pairs": {append(int1, KeyColumn{Name: "n", Kind: plugins.KindUint64}), compareNumbers, func(i int) Tuple {
			return Tuple{fmt.Sprint(min(i%50, 3)), fmt.Sprint(i)}
		}},
		"equal texts": {append([]KeyColumn{{Name: "s", Kind: plugins.KindString}}, int1...), func(a, b Tuple) int {
			if c := foldCase(a[:1], b[:1]); c != 0 || len(a) == 1 {
				return c
			}
			return compareNumbers(a[1:], b[1:])
		}, func(i int) Tuple { return Tuple{[]string{"x", "X"}[i%2], fmt.Sprint(i)} }},
	} {
		t.Run(name, func(t *testing.T) {
			keys := make([]Tuple, 10_000)
			for i := range keys {
				keys[i] = c.next(i)
			}
			table := tableOf(c.compare, keys)
			for _, pieces := range []int{1, 2, 8, 40} {
				for _, blind := range []bool{false, true} {
					table.blind, table.probes = blind, 0
					checkCut(t, table, c.key, pieces)
				}
			}
		})
	}
}

func checkCut(t *testing.T, table *fakeTable, key []KeyColumn, pieces int) {
	t.Helper()
	total := int64(len(table.keys))
	list, err := Cut(t.Context(), table, key, CutOptions{Pieces: pieces, MinRows: 10, Rows: total})
	if err != nil {
		t.Fatal(err)
	}
	if len(list[0].Low) > 0 || len(list[len(list)-1].High) > 0 {
		t.Fatal("the ends are not open")
	}
	sum, most := 0, 0
	for i, p := range list {
		if i > 0 && (!slices.Equal(p.Low, list[i-1].High) || len(p.Low) == 0) {
			t.Fatalf("piece %d begins at %v, the one before ends at %v", i, p.Low, list[i-1].High)
		}
		n := table.count(p.Range)
		sum, most = sum+n, max(most, n)
	}
	if sum != len(table.keys) {
		t.Fatalf("%d rows in %d pieces, %d in the table", sum, len(list), len(table.keys))
	}
	if limit := 64 * 3 * pieces; table.probes > limit*4 {
		t.Errorf("%d probes for %d pieces", table.probes, pieces)
	}
	if !table.blind && (most > 2*len(table.keys)/pieces+1 || len(list) > 2*pieces+1) {
		t.Errorf("%d pieces of %d wanted, the largest has %d of %d rows", len(list), pieces, most, total)
	}
}

func TestCutOfLittle(t *testing.T) {
	key := []KeyColumn{{Name: "id", Kind: plugins.KindInt64}}
	for rows, want := range map[int]int{0: 1, 1: 1, 19: 1, 25: 2} {
		var keys []Tuple
		for i := range rows {
			keys = append(keys, Tuple{fmt.Sprint(i)})
		}
		list, err := Cut(t.Context(), tableOf(compareNumbers, keys), key, CutOptions{Pieces: 8, MinRows: 10, Rows: int64(rows)})
		if err != nil || len(list) != want {
			t.Errorf("%d rows: %v, %v; want %d pieces", rows, list, err, want)
		}
	}
	broken := tableOf(compareNumbers, []Tuple{{"1"}, {"900"}})
	broken.fail = errors.New("gone")
	if _, err := Cut(t.Context(), broken, key, CutOptions{Pieces: 8, Rows: -1}); !errors.Is(err, broken.fail) {
		t.Errorf("error %v", err)
	}
}

// The distance of two 64-bit numbers has 65 bits.
func TestEqualRanges(t *testing.T) {
	list := EqualRanges(plugins.KindUint64, "0", "18446744073709551615", 4, 400)
	var got []string
	for _, p := range list {
		got = append(got, Label([]KeyColumn{{Name: "k", Kind: plugins.KindUint64}}, p.Range))
	}
	want := "k < 4611686018427387904; k >= 4611686018427387904 and k < 9223372036854775808; k >= 9223372036854775808 and k < 13835058055282163712; k >= 13835058055282163712"
	if line := strings.Join(got, "; "); line != want || list[0].Rows != 100 {
		t.Errorf("%s, %d rows; want %s", line, list[0].Rows, want)
	}
	if list := EqualRanges(plugins.KindInt64, "5", "6", 9, -1); len(list) != 2 || list[1].Low[0] != "6" || list[0].Rows != -1 {
		t.Errorf("%v", list)
	}
	if list := EqualRanges(plugins.KindDate, "2024-01-01", "2024-01-03", 2, -1); len(list) != 2 || list[1].Low[0] != "2024-01-02" {
		t.Errorf("%v", list)
	}
	if list := EqualRanges(plugins.KindInt64, "7", "7", 3, 1); len(list) != 1 {
		t.Errorf("%v", list)
	}
}
