package job

import (
	"slices"
	"strings"
)

// nearest returns the candidate most like word, if one is near enough to be
// what was meant: the same but for case and separators, few typing errors away,
// or the only one that begins so. "" if none is.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if fold(c) == fold(word) {
			return c
		}
		if d := typingErrors(fold(word), fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" && len(word) >= 3 {
		return beginsWith(fold(word), candidates)
	}
	return best
}

// beginsWith returns the only candidate that begins with word, or "".
func beginsWith(word string, candidates []string) string {
	found := ""
	for _, c := range candidates {
		if strings.HasPrefix(fold(c), word) {
			if found != "" {
				return ""
			}
			found = c
		}
	}
	return found
}

// fold drops what people mix up: case, underscores, dashes and dots.
func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(s))
}

// typingErrors counts insertions, deletions, replacements and swaps of
// neighbours between two words (optimal string alignment distance).
func typingErrors(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// didYouMean makes a hint of nearest's answer.
func didYouMean(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return `did you mean "` + best + `"?`
	}
	return ""
}
