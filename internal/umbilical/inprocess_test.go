package umbilical

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Each caller gets the answer to its own request, whatever the order.
func TestDeskAnswersEachCaller(t *testing.T) {
	desk := NewDesk()
	var callers sync.WaitGroup
	for slot := range 20 {
		callers.Go(func() {
			a, err := desk.Next(t.Context(), Want{Slot: slot})
			if err != nil || a.Limits.RowsPerSecond != int64(slot) {
				t.Errorf("slot %d was answered %+v, %v", slot, a, err)
			}
		})
	}
	var waiting []Request
	for range 20 {
		waiting = append(waiting, <-desk.Requests())
	}
	for i := range waiting {
		r := waiting[len(waiting)-1-i]
		desk.AnswerNext(r.ID, Assignment{Limits: Limits{RowsPerSecond: int64(r.Want.Slot)}})
		desk.AnswerNext(r.ID, Assignment{}) // a second answer is dropped
	}
	callers.Wait()
}

func TestClosedDesk(t *testing.T) {
	desk := NewDesk()
	var callers sync.WaitGroup
	callers.Go(func() { // has been taken in, and is never answered
		if _, err := desk.Sealed(t.Context(), Sealed{}); !errors.Is(err, ErrClosed) {
			t.Errorf("a waiting call: %v, want ErrClosed", err)
		}
	})
	<-desk.Requests()
	desk.Close()
	desk.Close()
	callers.Wait()
	if _, err := desk.Done(t.Context(), Ending{}); !errors.Is(err, ErrClosed) {
		t.Errorf("a later call: %v, want ErrClosed", err)
	}
}

func TestDeskCallEndsWithItsContext(t *testing.T) {
	desk := NewDesk()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := desk.Report(ctx, Progress{}); !errors.Is(err, cause) {
		t.Errorf("call with an ended context: %v, want its cause", err)
	}
	desk.AnswerOrder(1, Order{}) // nobody waits any more
}
