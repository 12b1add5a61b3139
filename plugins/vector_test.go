package plugins

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// edgeRows are numbers of rows around the words of the validity bitmap.
var edgeRows = []int{0, 1, 2, 63, 64, 65, 127, 128, 129, 200}

// storages are vectors of each layout, with a function that appends value n.
var storages = []struct {
	name  string
	kind  Kind
	text  bool
	value func(v *Vector, n int)
	check func(v *Vector, i, n int) bool
}{
	{"ints", KindInt64, false, func(v *Vector, n int) { v.AppendInt(int64(n)) },
		func(v *Vector, i, n int) bool { return v.Ints[i] == int64(n) }},
	{"floats", KindFloat64, false, func(v *Vector, n int) { v.AppendFloat(float64(n)) },
		func(v *Vector, i, n int) bool { return v.Floats[i] == float64(n) }},
	{"data", KindString, false, func(v *Vector, n int) { v.AppendString(fmt.Sprint(n)) },
		func(v *Vector, i, n int) bool { return string(v.Bytes(i)) == fmt.Sprint(n) }},
	{"text form", KindInt64, true, func(v *Vector, n int) { v.AppendBytes([]byte(fmt.Sprint(n))) },
		func(v *Vector, i, n int) bool { return string(v.Bytes(i)) == fmt.Sprint(n) }},
}

// model is what a vector should hold: -1 is NULL.
func fill(v *Vector, s int, rows int, null func(i int) bool) (model []int) {
	v.Reset(storages[s].kind)
	if storages[s].text {
		v.ResetText(storages[s].kind)
	}
	for i := range rows {
		if null(i) {
			v.AppendNull()
			model = append(model, -1)
			continue
		}
		storages[s].value(v, i)
		model = append(model, i)
	}
	return model
}

func checkVector(t *testing.T, v *Vector, s int, model []int) {
	t.Helper()
	nulls := 0
	if v.Len() != len(model) {
		t.Fatalf("%d values, want %d", v.Len(), len(model))
	}
	for i, n := range model {
		if v.IsNull(i) != (n < 0) {
			t.Fatalf("value %d of %d: NULL is %v, want %v", i, len(model), v.IsNull(i), n < 0)
		}
		if n < 0 {
			nulls++
			continue
		}
		if !storages[s].check(v, i, n) {
			t.Fatalf("value %d of %d is not %d", i, len(model), n)
		}
	}
	if v.Nulls != nulls {
		t.Fatalf("%d NULLs counted, want %d", v.Nulls, nulls)
	}
}

func TestVectorKeepsNullsAtTheEdgesOfItsBitmap(t *testing.T) {
	patterns := map[string]func(i int) bool{
		"none":       func(int) bool { return false },
		"all":        func(int) bool { return true },
		"first":      func(i int) bool { return i == 0 },
		"from 63":    func(i int) bool { return i >= 63 },
		"only 63":    func(i int) bool { return i == 63 },
		"only 64":    func(i int) bool { return i == 64 },
		"only 65":    func(i int) bool { return i == 65 },
		"not 64":     func(i int) bool { return i != 64 },
		"each third": func(i int) bool { return i%3 == 0 },
	}
	for s := range storages {
		for name, null := range patterns {
			t.Run(storages[s].name+"/"+name, func(t *testing.T) {
				var v Vector
				for _, rows := range edgeRows {
					model := fill(&v, s, rows, null)
					checkVector(t, &v, s, model)
				}
			})
		}
	}
}

func TestVectorTruncateThenAppend(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for s := range storages {
		for _, rows := range edgeRows {
			for _, keep := range edgeRows {
				var v Vector
				odds := r.IntN(4)
				model := fill(&v, s, rows, func(int) bool { return r.IntN(4) < odds })
				v.Truncate(keep)
				model = model[:min(keep, rows)]
				checkVector(t, &v, s, model)
				for i := range 70 {
					if r.IntN(3) == 0 {
						v.AppendNull()
						model = append(model, -1)
						continue
					}
					storages[s].value(&v, i)
					model = append(model, i)
				}
				checkVector(t, &v, s, model)
			}
		}
	}
}

func TestVectorTruncateDropsAnUnfinishedValue(t *testing.T) {
	var v Vector
	v.Reset(KindString)
	v.AppendString("whole")
	v.Data = append(v.Data, "half"...)
	v.Truncate(1)
	v.AppendString("next")
	if got := string(v.Bytes(1)); got != "next" {
		t.Errorf("the value after a refused one is %q", got)
	}
}

func TestVectorAppendCopiesAnyValue(t *testing.T) {
	for s := range storages {
		var src, dst Vector
		model := fill(&src, s, 130, func(i int) bool { return i%7 == 3 })
		fill(&dst, s, 0, nil)
		for i := range model {
			dst.Append(&src, i)
		}
		checkVector(t, &dst, s, model)
	}
}

func TestVectorResetLetsGoOfOneHugeValue(t *testing.T) {
	var v Vector
	v.Reset(KindBytes)
	v.AppendBytes(make([]byte, keepBytes+1))
	v.Reset(KindBytes)
	if cap(v.Data) != 0 {
		t.Errorf("%d bytes kept after a huge value", cap(v.Data))
	}
	v.AppendBytes(make([]byte, 1000))
	kept := cap(v.Data)
	v.Reset(KindInt64)
	if cap(v.Data) != kept || v.Len() != 0 || v.Kind != KindInt64 {
		t.Errorf("after Reset: capacity %d of %d, length %d, kind %v", cap(v.Data), kept, v.Len(), v.Kind)
	}
}

func TestVectorAllocatesNothingOnceWarm(t *testing.T) {
	for s := range storages {
		var v Vector
		digits := []byte("123")
		run := func() {
			v.Reset(storages[s].kind)
			v.Text = storages[s].text
			for i := range 500 {
				switch {
				case i%9 == 4:
					v.AppendNull()
				case v.InData():
					v.AppendBytes(digits)
				case v.Kind == KindFloat64:
					v.AppendFloat(1)
				default:
					v.AppendInt(1)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s: %v allocations a batch", storages[s].name, n)
		}
	}
}
