package sqlwrite

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

func TestParseMode(t *testing.T) {
	for text, want := range map[string]Mode{"": Insert, "INSERT": Insert, "update": Upsert, "upsert": Upsert, "replace": Replace,
		"on duplicate  key update": Upsert, "REPLACE INTO": Replace} {
		if got, err := ParseMode(text); got != want || err != nil {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := ParseMode("merge"); err == nil {
		t.Error("merge is taken for a mode")
	}
}

func TestStatements(t *testing.T) {
	for text, want := range map[string]Statements{
		`"DELETE FROM @table WHERE v = ';'"`: {"DELETE FROM @table WHERE v = ';'"},
		`["A", " ", "B; C"]`:                 {"A", "B; C"}, `null`: nil, `[]`: nil, `""`: nil,
	} {
		var got Statements
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if err := json.Unmarshal([]byte(`7`), new(Statements)); err == nil {
		t.Error("a number is taken for a statement")
	}
	if got := (Statements{"TRUNCATE @table"}).For("`a`.`b`"); got[0] != "TRUNCATE `a`.`b`" {
		t.Errorf("got %q", got)
	}
}

func TestStagingNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, run := range []string{"a", "b"} {
		for _, table := range []string{"t", strings.Repeat("x", 64), strings.Repeat("x", 63) + "y", strings.Repeat("长", 30)} {
			staging, replaced := StagingNames(run, table, 63)
			for _, name := range []string{staging, replaced} {
				if len(name) > 63 || !utf8.ValidString(name) || seen[name] {
					t.Errorf("name %q of %d bytes, or not the first", name, len(name))
				}
				seen[name] = true
			}
		}
	}
}

func TestOrder(t *testing.T) {
	columns := []plugins.Column{{Kind: plugins.KindString}, {Kind: plugins.KindUint64, Nullable: true}}
	b := plugins.NewBatch(columns)
	add := func(text string, n int64) {
		b.Columns[0].AppendString(text)
		if n == 0 {
			b.Columns[1].AppendNull()
		} else {
			b.Columns[1].AppendInt(n)
		}
		b.EndRow(1)
	}
	add("b", 1)
	add("a", -1) // the largest
	add("a", 2)
	add("b", 1) // again: behind the first
	add("a", 0)
	for key, want := range map[string][]int32{"0": {1, 2, 4, 0, 3}, "1": {4, 0, 3, 2, 1}, "01": {4, 2, 1, 0, 3}, "": {0, 1, 2, 3, 4}} {
		var places []int
		for _, c := range key {
			places = append(places, int(c-'0'))
		}
		if diff := cmp.Diff(want, Order(nil, b, places)); diff != "" {
			t.Errorf("by %q: %s", key, diff)
		}
	}
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := errors.New("busy")
		tries, began := 0, time.Now()
		b := Backoff{First: time.Second, Most: 4 * time.Second, Tries: 5}
		err := b.Do(t.Context(), func(err error) bool { return errors.Is(err, busy) }, func() error { tries++; return busy })
		if took := time.Since(began); tries != 5 || !errors.Is(err, busy) || took < 11*time.Second || took > 17*time.Second {
			t.Errorf("%d tries in %s: %v", tries, took, err)
		}
		tries = 0
		if err := b.Do(t.Context(), func(error) bool { return false }, func() error { tries++; return busy }); tries != 1 || err == nil {
			t.Errorf("%d tries of what is not to be tried again: %v", tries, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Do(ctx, func(error) bool { return true }, func() error { return busy }); !errors.Is(err, context.Canceled) {
			t.Errorf("under an ended context: %v", err)
		}
	})
}
