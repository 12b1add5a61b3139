package job

import (
	"strings"
	"testing"
	"time"
)

func TestID(t *testing.T) {
	for text, want := range map[string]string{
		"orders":                "orders",
		"a.b_c-1":               "a.b_c-1",
		"dag/task/2026-01-01":   "",
		"订单":                    "",
		"":                      "",
		".hidden":               "",
		"..":                    "",
		strings.Repeat("x", 61): "",
	} {
		got := ID(text)
		if !isID(got) {
			t.Errorf("ID(%q) = %q, which is no id", text, got)
		}
		if want != "" && want == text && got != text {
			t.Errorf("ID(%q) = %q, want it unchanged", text, got)
		}
		if ID(got) != got {
			t.Errorf("ID(ID(%q)) = %q, not %q", text, ID(got), got)
		}
	}
	if ID("a b") == ID("a/b") {
		t.Errorf("%q and %q have the same id", "a b", "a/b")
	}
}

func TestNewRunID(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	if got, want := NewRunID("orders", now), "orders-20260102-030405.006"; got != want {
		t.Errorf("NewRunID = %q, want %q", got, want)
	}
	if got := NewRunID(strings.Repeat("x", 200), now); !isID(got) {
		t.Errorf("NewRunID of a long name = %q, which is no id", got)
	}
}
