package checkpoint

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys/mem"
	"weft/plugins"
)

// One bit flips, at any place of a journal or an image. What is loaded then is
// what stands before that place, or nothing is loaded at all, loudly: never
// something else, and never a run that begins anew without a word.
func TestFlippedBitIsNeverBelieved(t *testing.T) {
	whole := appendHeader(nil, header{generation: 1})
	ends := []int{}
	var units []plugins.Manifest
	for i := range 3 {
		var err error
		if whole, err = appendRecord(whole, unitOf(0, i)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(whole))
		units = append(units, *unitOf(0, i).Unit)
	}
	for at := range whole {
		flipped := slices.Clone(whole)
		flipped[at] ^= 1 << (at % 8)

		f := newFolder(t, mem.New(mem.Options{}))
		putJournal(t, f, map[string][]byte{"000001.j": flipped})
		_, state, err := Open(t.Context(), f, "test")
		before := 0
		for _, end := range ends {
			if at >= end {
				before++
			}
		}
		switch {
		case at < headerBytes && !errors.Is(err, ErrCorrupt):
			t.Errorf("byte %d, in the header: %v, want ErrCorrupt", at, err)
		case at >= headerBytes && err != nil:
			t.Errorf("byte %d: %v", at, err)
		case err == nil:
			var want []plugins.Manifest
			if diff := cmp.Diff(append(want, units[:before]...), state.Units(1)); diff != "" {
				t.Errorf("byte %d (-want +loaded):\n%s", at, diff)
			}
		}

		f = newFolder(t, mem.New(mem.Options{}))
		putJournal(t, f, map[string][]byte{"image-000001": flipped})
		if _, _, err := Open(t.Context(), f, "test"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d of an image: %v, want ErrCorrupt", at, err)
		}

		// With a file behind it, the gap is seen.
		f = newFolder(t, mem.New(mem.Options{}))
		next := appendHeader(nil, header{generation: 1, first: 3})
		next, err = appendRecord(next, unitOf(0, 3))
		if err != nil {
			t.Fatal(err)
		}
		putJournal(t, f, map[string][]byte{"000001.j": flipped, "000002.j": next})
		if _, _, err := Open(t.Context(), f, "test"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d of a journal that goes on: %v, want ErrCorrupt", at, err)
		}
	}
}
