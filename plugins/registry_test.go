package plugins

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRegistryFindsPluginsByAllTheirNames(t *testing.T) {
	reader := func(Config, Setup) (Reader, error) { return nil, errors.New("test") }
	writer := func(Config, Setup) (Writer, error) { return nil, errors.New("test") }
	r, err := NewRegistry(Plugin{Name: "sink", NewWriter: writer}, Plugin{Name: "both", NewReader: reader, NewWriter: writer})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]bool{
		"both": {true, true}, "bothreader": {true, false}, "BothWriter": {false, true}, " both ": {true, true},
		"sink": {false, true}, "sinkreader": {false, false}, "none": {false, false}, "reader": {false, false},
	} {
		_, readable := r.Reader(name)
		_, writable := r.Writer(name)
		if got := [2]bool{readable, writable}; got != want {
			t.Errorf("%q: reader and writer found: %v, want %v", name, got, want)
		}
	}
	if list := r.List(); len(list) != 2 || list[0].Name != "both" {
		t.Errorf("list begins with %q", list[0].Name)
	}
	if _, err := NewRegistry(Plugin{Name: "a"}, Plugin{Name: "a"}); err == nil {
		t.Error("two plugins of one name were taken")
	}
}

func TestClassAndReasonOfErrors(t *testing.T) {
	root := errors.New("root")
	inner := &Error{Class: Transient, Reason: ReasonUnreachable, Op: "dial x", Err: root}
	cases := []struct {
		err    error
		class  Class
		reason Reason
	}{
		{root, Permanent, ReasonUnknown},
		{context.Canceled, Transient, ReasonUnknown},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), Transient, ReasonUnknown},
		{fmt.Errorf("read: %w", inner), Transient, ReasonUnreachable},
		{&Error{Class: Fatal, Op: "open", Err: inner}, Fatal, ReasonUnreachable},
		{&RowErrors{}, Dirty, ReasonUnknown},
	}
	for _, c := range cases {
		if ClassOf(c.err) != c.class || ReasonOf(c.err) != c.reason {
			t.Errorf("%v: class %v, reason %q, want %v, %q", c.err, ClassOf(c.err), ReasonOf(c.err), c.class, c.reason)
		}
	}
	if got := cases[4].err.Error(); got != "open: dial x: root" {
		t.Errorf("message %q", got)
	}
	rows := &RowErrors{Rows: []RowError{{Index: 3, Column: "c", Code: RowNull, Cause: "why"}}}
	if got := rows.Error(); !strings.Contains(got, "row 3") || !strings.Contains(got, `"c"`) || !strings.Contains(got, "why") {
		t.Errorf("message %q", got)
	}
}

func TestKindNamesReadBack(t *testing.T) {
	for _, kind := range allKinds {
		text, err := kind.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Kind
		if err := back.UnmarshalText([]byte(strings.ToUpper(string(text)))); err != nil || back != kind {
			t.Errorf("%s came back as %v, %v", text, back, err)
		}
	}
	if _, err := ParseKind("invalid"); err == nil {
		t.Error("invalid is a kind")
	}
}
