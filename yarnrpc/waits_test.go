package yarnrpc

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Of many calls that wait for a server one line is said, and one when it is over; short waits are not worth a word.
func TestWaitingIsSaidOnce(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var w waits
	now := time.Now()
	w.goesOn(log, "create", now, now.Add(time.Minute), errors.New("safe mode"))
	w.answered(log, "create", now)
	if out.Len() != 0 {
		t.Errorf("a short wait is not silent: %s", out.String())
	}
	began := now.Add(-10 * time.Second)
	for range 5 {
		w.goesOn(log, "create", began, began.Add(10*time.Minute), errors.New("safe mode"))
	}
	w.answered(log, "getFileInfo", time.Now()) // reading went on all the time
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "call=create waited=10s limit=10m0s err=\"safe mode\"") {
		t.Errorf("said:\n%s", text)
	}
	w.answered(log, "create", began)
	w.answered(log, "create", began)
	if text := out.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "level=INFO") {
		t.Errorf("said:\n%s", text)
	}
}
