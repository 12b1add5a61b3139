package dirtytable

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/plugins"
)

// mostCounted bounds how many rows Causes reads: a message is not worth more.
const mostCounted = 100_000

// Causes names the five most frequent causes, by code and column, of the dirty
// rows of the units: "too_long in name 12, null in id 3". It reads the files in
// dir, the first 100,000 rows of them.
func Causes(ctx context.Context, from fsys.Reader, dir string, units []plugins.Manifest) (string, error) {
	counts := make(map[string]int)
	left := mostCounted
	for _, u := range units {
		if u.DirtyFile == "" || left <= 0 {
			continue
		}
		err := dirty.Each(ctx, from, path.Join(dir, u.DirtyFile), func(r dirty.Row) error {
			cause := string(r.Code)
			if r.Column != "" {
				cause += " in " + r.Column
			}
			counts[cause]++
			left--
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	causes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, cause := range causes[:min(len(causes), 5)] {
		parts = append(parts, fmt.Sprintf("%s %d", cause, counts[cause]))
	}
	return strings.Join(parts, ", "), nil
}
