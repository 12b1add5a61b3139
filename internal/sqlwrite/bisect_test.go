package sqlwrite

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var errRow = errors.New("bad row")

// server takes rows in one statement unless one of them is bad.
type server struct {
	bad        map[int]bool
	taken      []int
	refused    []int
	statements int
	broken     bool
}

func (s *server) bisection() Bisection {
	return Bisection{
		Insert: func(_ context.Context, from, to int) error {
			s.statements++
			if s.broken {
				return errors.New("connection lost")
			}
			for i := from; i < to; i++ {
				if s.bad[i] {
					return fmt.Errorf("%w %d", errRow, i)
				}
			}
			for i := from; i < to; i++ {
				s.taken = append(s.taken, i)
			}
			return nil
		},
		Faulty: func(err error) bool { return errors.Is(err, errRow) },
		Refuse: func(row int, err error) {
			if want := fmt.Sprintf("bad row %d", row); err.Error() != want {
				err = fmt.Errorf("told %q of row %d", err, row)
				panic(err)
			}
			s.refused = append(s.refused, row)
		},
	}
}

// Each bad row is found and told with its own error, all others are taken once
// and in their order.
func TestBisectionFindsEveryBadRow(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		n := random.IntN(70)
		s := &server{bad: make(map[int]bool)}
		var wantTaken, wantRefused []int
		share := random.IntN(4)
		for i := range n {
			if random.IntN(4) < share && random.IntN(3) > 0 {
				s.bad[i] = true
				wantRefused = append(wantRefused, i)
			} else {
				wantTaken = append(wantTaken, i)
			}
		}
		if err := s.bisection().Run(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantTaken, s.taken); diff != "" {
			t.Fatalf("%d rows, bad %v, taken: %s", n, wantRefused, diff)
		}
		if diff := cmp.Diff(wantRefused, s.refused); diff != "" {
			t.Fatalf("%d rows, refused: %s", n, diff)
		}
	}
}

func TestBisectionIsCheap(t *testing.T) {
	for n := 1; n < 130; n++ {
		for bad := range n {
			s := &server{bad: map[int]bool{bad: true}}
			if err := s.bisection().Run(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			if most := 1 + 2*bits.Len(uint(n-1)); s.statements > most {
				t.Fatalf("row %d of %d: %d statements, want at most %d", bad, n, s.statements, most)
			}
		}
	}
}

func TestBisectionEndsWithOtherErrors(t *testing.T) {
	s := &server{broken: true}
	if err := s.bisection().Run(t.Context(), 9); err == nil || s.statements != 1 || len(s.refused) > 0 {
		t.Errorf("error %v after %d statements, refused %v", err, s.statements, s.refused)
	}
	if err := s.bisection().Split(t.Context(), 9, errRow); err == nil || len(s.refused) > 0 {
		t.Errorf("split: error %v, refused %v", err, s.refused)
	}
}
