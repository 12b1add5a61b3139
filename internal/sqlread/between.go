package sqlread

import (
	"regexp"
	"slices"

	"weft/plugins"
)

// Between returns guesses at values of a column between low and high, the most
// promising first. Of numbers and times the middle is enough. Of text, which is
// ordered by a collation that only the server knows, code points may mislead:
// letters behind the beginning of low are then tried all over the alphabet.
func Between(column KeyColumn, low, high string) []string {
	var list []string
	if column.Turned {
		list = betweenUUIDs(low, high)
	}
	for _, part := range []int{50, 25, 75} {
		guess, ok := Middle(column.Kind, low, high, part)
		if column.Turned {
			guess, ok = middleUUID(low, high, part)
		}
		if ok && !slices.Contains(list, guess) {
			list = append(list, guess)
		}
	}
	if column.Kind == plugins.KindString && !column.Turned {
		list = append(list, lettersAfter(low, high)...)
	}
	return list
}

// letters are spread over what keys begin with; the order is that of a search.
var letters = []string{"m", "f", "t", "5", "c", "j", "p", "w", "2", "8", "s", "b", "z", "一", "木", "А", "가"}

// lettersAfter puts each letter behind the beginnings of low that are one and
// two characters longer than what low and high share.
func lettersAfter(low, high string) []string {
	a, b := []rune(low), []rune(high)
	common := 0
	for common < len(a) && common < len(b) && a[common] == b[common] {
		common++
	}
	var list []string
	for keep := common; keep <= min(common+2, len(a)); keep++ {
		for _, letter := range letters {
			list = append(list, string(a[:keep])+letter)
		}
	}
	return list
}

var isUUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// betweenUUIDs computes middles in the order of the groups from the last to the
// first.
func betweenUUIDs(low, high string) []string {
	if !isUUID.MatchString(low) || !isUUID.MatchString(high) {
		return nil
	}
	var list []string
	for _, part := range []int{50, 25, 75} {
		if guess, ok := middleUUID(turnUUID(low), turnUUID(high), part); ok {
			// Version and variant decide where the server puts a UUID.
			text := []byte(turnUUID(guess))
			text[14], text[19] = low[14], low[19]
			list = append(list, string(text))
		}
	}
	return list
}

// turnUUID turns 8-4-4-4-12 digits into 12_4_4_4_8 with the groups in reverse,
// and back.
func turnUUID(text string) string {
	groups := []string{text[0:8], text[9:13], text[14:18], text[19:23], text[24:36]}
	if text[8] == '-' {
		return groups[4] + "_" + groups[3] + "_" + groups[2] + "_" + groups[1] + "_" + groups[0]
	}
	return text[28:36] + "-" + text[23:27] + "-" + text[18:22] + "-" + text[13:17] + "-" + text[0:12]
}

// middleUUID returns the middle of the hexadecimal digits of two texts of
// equal form.
func middleUUID(low, high string, part int) (string, bool) {
	a, b := digitsOnly(low), digitsOnly(high)
	guess, ok := middleBytes(a, b, part)
	if !ok {
		return "", false
	}
	guess = (guess + "00000000000000000000000000000000")[:32]
	out, next := []byte(low), 0
	for i := range out {
		if out[i] != '-' && out[i] != '_' {
			out[i] = guess[next]
			next++
		}
	}
	return string(out), true
}

func digitsOnly(text string) string {
	out := make([]byte, 0, 32)
	for i := range len(text) {
		if text[i] != '-' && text[i] != '_' {
			out = append(out, text[i])
		}
	}
	return string(out)
}
