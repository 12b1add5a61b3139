package sqlread

import "strings"

// Nearest returns the name of list that is most like name, or "" if none is
// near enough to be what was meant: at most a third of its letters differ,
// counting a swap of neighbours as one difference. Case makes none.
func Nearest(name string, list []string) string {
	best, least := "", len(name)/3+1
	for _, candidate := range list {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least || d == least && best == "" {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the optimal string alignment distance of two texts, in bytes.
func distance(a, b string) int {
	previous, before := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, previous[j]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, previous = previous, row
	}
	return previous[len(b)]
}
