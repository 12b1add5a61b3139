package checkpoint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys/mem"
	"weft/internal/job"
)

// What a generation adopted is known to all later ones, through journal and
// image, until one of them adopts anew; the numbers it took over are not given
// out again.
func TestAdoptedIsKnownToSuccessors(t *testing.T) {
	store := mem.New(mem.Options{Leases: true})
	f := newFolder(t, store)
	s, _ := mustOpen(t, f)
	if err := s.Append(t.Context(), Record{Prepared: true}, unitOf(0, 0)); err != nil {
		t.Fatal(err)
	}
	want := Adopted{}
	for generation := int64(2); generation < 6; generation++ {
		s, state := mustOpen(t, f)
		if diff := cmp.Diff(want, state.Adopted); diff != "" {
			t.Errorf("generation %d finds (-want +got):\n%s", generation, diff)
		}
		if err := s.Compact(t.Context(), state); err != nil {
			t.Fatal(err)
		}
		if generation%2 == 1 {
			continue // it dies before it adopts anybody
		}
		want = Adopted{Generation: generation, Attempts: []job.AttemptID{{Generation: 1, Split: 3, Number: int(generation)}}}
		if err := s.Append(t.Context(), Record{Adopted: &want}); err != nil {
			t.Fatal(err)
		}
	}
	if _, state := mustOpen(t, f); state.Splits[3].Attempts != 4 || len(state.Units(1)) != 1 {
		t.Errorf("split 3 %+v, %d units; want attempt 4 and 1 unit", state.Splits[3], len(state.Units(1)))
	}
}
