package bound

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weft/plugins"
)

func TestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := Call(t.Context(), time.Hour, "prepare target", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if plugins.ReasonOf(err) != plugins.ReasonTimeout || !strings.Contains(err.Error(), "prepare target took longer than 1h0m0s") {
			t.Errorf("a call that hangs: %v", err)
		}
		own := errors.New("no right")
		if err := Call(t.Context(), time.Hour, "x", func(context.Context) error { return own }); err != own {
			t.Errorf("a call that fails by itself: %v", err)
		}
		late := func(ctx context.Context) error { <-ctx.Done(); return nil }
		if err := Call(t.Context(), time.Hour, "x", late); err != nil {
			t.Errorf("a call that was done in the last moment: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Call(ended, time.Hour, "x", func(ctx context.Context) error { return ctx.Err() }); !errors.Is(err, context.Canceled) || plugins.ReasonOf(err) == plugins.ReasonTimeout {
			t.Errorf("a caller that gave up: %v", err)
		}
	})
}
