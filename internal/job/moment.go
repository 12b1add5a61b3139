package job

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// momentForms are the ways a date may be given, the shortest last.
var momentForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "20060102150405",
	"2006-01-02", "2006/01/02", "20060102", "2006-01", "200601",
}

// parseMoment reads a date or time as schedulers hand them over.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, form := range momentForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q", text)
}

var move = regexp.MustCompile(`^([+-]\d{1,6})(y|q|M|w|d|h|m|s)$`)

// edges move a date to the first or last day of a span.
var edges = map[string]func(time.Time) time.Time{
	"monthStart":   func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) },
	"monthEnd":     func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()).AddDate(0, 1, -1) },
	"quarterStart": quarterStart,
	"quarterEnd":   func(t time.Time) time.Time { return quarterStart(t).AddDate(0, 3, -1) },
	"yearStart":    func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.YearDay()) },
	"yearEnd":      func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.YearDay()).AddDate(1, 0, -1) },
	"weekStart":    func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) },
	"weekEnd":      func(t time.Time) time.Time { return t.AddDate(0, 0, 6-(int(t.Weekday())+6)%7) },
}

func quarterStart(t time.Time) time.Time {
	first := t.AddDate(0, 0, 1-t.Day())
	return first.AddDate(0, -(int(t.Month())-1)%3, 0)
}

// formatMoment writes t by spec: a pattern of Java's SimpleDateFormat, then
// moves, each behind a colon. Without a pattern it is yyyyMMdd, for now
// yyyyMMddHHmmss.
func formatMoment(name string, t time.Time, spec string) (string, *variableError) {
	for _, step := range trailingMoves(&spec) {
		t = apply(t, step)
	}
	if spec == "" {
		spec = "yyyyMMdd"
		if name == "now" {
			spec = "yyyyMMddHHmmss"
		}
	}
	text, err := formatJava(t, spec)
	if err != nil {
		return "", &variableError{CodeBadVariable, fmt.Sprintf("variable %s: %v", name, err),
			"a pattern is made of yyyy MM dd HH mm ss SSS, moves are -1d, +1M, monthEnd ..."}
	}
	return text, nil
}

// trailingMoves cuts the moves off the end of spec, since patterns hold
// colons too ("HH:mm:ss").
func trailingMoves(spec *string) []string {
	var steps []string
	for {
		head, tail := "", *spec
		if i := strings.LastIndexByte(*spec, ':'); i >= 0 {
			head, tail = (*spec)[:i], (*spec)[i+1:]
		}
		if edges[tail] == nil && !move.MatchString(tail) {
			return steps
		}
		steps = append([]string{tail}, steps...)
		*spec = head
	}
}

func apply(t time.Time, step string) time.Time {
	if edge := edges[step]; edge != nil {
		return edge(t)
	}
	m := move.FindStringSubmatch(step)
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "y":
		return addMonths(t, 12*n)
	case "q":
		return addMonths(t, 3*n)
	case "M":
		return addMonths(t, n)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "d":
		return t.AddDate(0, 0, n)
	case "h":
		return t.Add(time.Duration(n) * time.Hour)
	case "m":
		return t.Add(time.Duration(n) * time.Minute)
	}
	return t.Add(time.Duration(n) * time.Second)
}

// addMonths keeps the day, or takes the month's last one where it has fewer:
// 31 March less one month is 28 or 29 February.
func addMonths(t time.Time, n int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// javaFields are the letters of SimpleDateFormat that patterns of job files
// use, by length, and Go's spelling.
var javaFields = map[string]string{
	"yyyy": "2006", "yy": "06", "MM": "01", "M": "1", "dd": "02", "d": "2",
	"HH": "15", "mm": "04", "m": "4", "ss": "05", "s": "5",
}

// formatJava writes t in a pattern of SimpleDateFormat.
func formatJava(t time.Time, pattern string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return "", fmt.Errorf("quote in pattern %q is not closed", pattern)
			}
			out.WriteString(pattern[i+1 : i+1+end])
			i += end + 2
			continue
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			out.WriteByte(c)
			i++
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		field := pattern[i : i+n]
		form := javaFields[field]
		switch {
		case field == "SSS":
			fmt.Fprintf(&out, "%03d", t.Nanosecond()/1e6)
		case field == "H":
			out.WriteString(strconv.Itoa(t.Hour()))
		case form != "":
			out.WriteString(t.Format(form))
		default:
			return "", fmt.Errorf("%q is no date pattern", pattern)
		}
		i += n
	}
	return out.String(), nil
}
