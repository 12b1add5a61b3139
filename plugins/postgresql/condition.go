package postgresql

import "fmt"

// unbalanced says why a condition is not whole in itself: it is put between
// parentheses and joined to the bounds of a split, which a parenthesis too many
// would escape from ("1=1) or (1=1" gives every split all rows). Empty if it is
// whole. Quoted texts and names are passed over as the server reads them.
func unbalanced(condition string) string {
	depth := 0
	for i := 0; i < len(condition); i++ {
		switch c := condition[i]; c {
		case '\'', '"':
			end := closing(condition, i)
			if end < 0 {
				return fmt.Sprintf("the %c at character %d has no end", c, i+1)
			}
			i = end
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return fmt.Sprintf("the ) at character %d closes nothing", i+1)
			}
		}
	}
	if depth > 0 {
		return fmt.Sprintf("%d ( without )", depth)
	}
	return ""
}

// closing returns the place of the quote that ends the one at start, or -1. In a
// text E'...' a backslash takes the meaning from what follows it; a doubled
// quote ends one text and begins the next, which comes to the same.
func closing(text string, start int) int {
	quote := text[start]
	escapes := quote == '\'' && start > 0 && (text[start-1] == 'E' || text[start-1] == 'e')
	for i := start + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && escapes:
			i++
		case text[i] == quote:
			return i
		}
	}
	return -1
}
