package job

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// Variables of a job file.
//
//	${name}              the value given by -p name=value
//	${name:-default}     default if it was not given; it may hold variables
//	${name:?message}     an error with this message if it was not given
//	${name:yyyyMMdd}     the value is a date, written in this pattern
//	${name:yyyy-MM-dd:-1d:monthEnd}   the same, moved first
//	$${                  the two characters ${
//
// today, yesterday and now are there unless given. ${env:X}, ${file:X} and
// ${sealed:X} are references, left to secret.go.
//
// In FlinkX and DataX jobs the value is put into the text as it is, as those
// do. In native jobs a value inside a string cannot end the string, and one
// outside of strings must be a number, true or false.

// expansion is the replacing of variables in one text.
type expansion struct {
	text    []byte
	dialect plugins.Dialect
	params  map[string]string
	now     time.Time

	out      []byte
	segments []segment
	found    []flaw
	used     map[string]bool
}

// flaw is something found in a text: a Diagnostic before its place is known.
type flaw struct {
	at         place
	code       string
	severity   plugins.Severity
	key        string
	text, hint string
}

// lexical states of the scanner.
const (
	inPlain = iota
	inString
	inLineComment
	inBlockComment
)

// run replaces all variables. Those inside comments are left alone.
func (e *expansion) run() {
	e.used = make(map[string]bool)
	e.segments = append(e.segments, segment{})
	state, quote := inPlain, byte(0)
	for at := 0; at < len(e.text); {
		c := e.text[at]
		if c == '$' && (state == inPlain || state == inString) {
			if next := e.dollar(at, state); next > at {
				at = next
				continue
			}
		}
		width := 1
		if state == inString && c == '\\' && at+1 < len(e.text) {
			width = 2
		} else {
			state, quote = e.lex(state, quote, at)
		}
		e.out = append(e.out, e.text[at:at+width]...)
		at += width
	}
}

// lex follows strings and comments by one byte.
func (e *expansion) lex(state int, quote byte, at int) (int, byte) {
	c, rest := e.text[at], e.text[at:]
	switch state {
	case inString:
		if c == quote || c == '\n' && quote == '"' && e.dialect == plugins.DialectNative {
			return inPlain, 0
		}
	case inLineComment:
		if c == '\n' {
			return inPlain, 0
		}
	case inBlockComment:
		if c == '/' && at > 0 && e.text[at-1] == '*' {
			return inPlain, 0
		}
	default:
		switch {
		case c == '"', c == '\'' && e.dialect != plugins.DialectNative:
			return inString, c
		case bytes.HasPrefix(rest, []byte("//")), c == '#' && e.dialect != plugins.DialectNative:
			return inLineComment, 0
		case bytes.HasPrefix(rest, []byte("/*")):
			return inBlockComment, 0
		}
	}
	return state, quote
}

// closing returns the offset of the brace that closes the ${ at the start of
// text, or -1 if its line or string ends before. A default may hold variables.
func closing(text []byte) int {
	depth := 0
	for i, c := range text {
		switch {
		case c == '{':
			depth++
		case c == '}' && depth == 1:
			return i
		case c == '}':
			depth--
		case c == '\n', c == '"':
			return -1
		}
	}
	return -1
}

var dataxName = regexp.MustCompile(`^\$([A-Za-z_]\w*)`)

// dollar handles the $ at offset at. It returns the offset behind what it
// consumed, or at if the $ is just a $.
func (e *expansion) dollar(at, state int) int {
	rest := e.text[at:]
	switch {
	case bytes.HasPrefix(rest, []byte("$${")):
		e.replace(at, 3, "${")
		return at + 3
	case bytes.HasPrefix(rest, []byte("${")):
		end := closing(rest)
		if end < 0 {
			e.fail(at, 2, CodeBadVariable, "this ${ is not closed", "add a }, or write $${ for the two characters")
			return at
		}
		return e.variable(at, end+1, string(rest[2:end]), state)
	case e.dialect == plugins.DialectDataX:
		if m := dataxName.FindSubmatch(rest); m != nil {
			return e.dataxVariable(at, string(m[1]))
		}
	}
	return at
}

// dataxVariable replaces $name, which DataX takes too. A name that was not
// given stays: it may be a regular expression or part of a password.
func (e *expansion) dataxVariable(at int, name string) int {
	value, ok := e.params[name]
	if !ok {
		return at
	}
	e.used[name] = true
	e.replace(at, 1+len(name), value)
	return at + 1 + len(name)
}

var reference = regexp.MustCompile(`^(env|file|sealed|secret|exec):`)

// variable replaces ${expr}, which is length bytes long.
func (e *expansion) variable(at, length int, expr string, state int) int {
	if reference.MatchString(expr) {
		e.out = append(e.out, e.text[at:at+length]...)
		return at + length
	}
	value, err := e.value(expr)
	if err != nil {
		e.fail(at, length, err.code, err.text, err.hint)
		value = e.standIn(state)
	}
	if e.dialect == plugins.DialectNative && err == nil {
		value = e.native(at, length, value, state)
	}
	e.replace(at, length, value)
	return at + length
}

// standIn is what goes where a value is missing, so that nothing else is
// reported for it.
func (e *expansion) standIn(state int) string {
	if state == inString {
		return ""
	}
	return "null"
}

var bareValue = regexp.MustCompile(`^(true|false|-?[0-9]+(\.[0-9]+)?)$`)

func (e *expansion) native(at, length int, value string, state int) string {
	if state == inString {
		return jsontree.Quote(value)
	}
	if !bareValue.MatchString(value) {
		e.fail(at, length, CodeBadVariable, fmt.Sprintf("value %q outside of quotes is neither a number nor true or false", value), "put the variable in quotes")
		return "null"
	}
	return value
}

func (e *expansion) replace(at, length int, value string) {
	if value != "" {
		e.segments = append(e.segments, segment{out: len(e.out), in: at, variable: true, length: length})
	}
	e.out = append(e.out, value...)
	e.segments = append(e.segments, segment{out: len(e.out), in: at + length})
}

func (e *expansion) fail(at, length int, code, text, hint string) {
	e.found = append(e.found, flaw{at: place{at, at + length}, code: code, severity: plugins.Fail, text: text, hint: hint})
}

// variableError says why an expression has no value.
type variableError struct{ code, text, hint string }

var identifier = regexp.MustCompile(`^[A-Za-z_][\w.-]*$`)

// value evaluates what stands between the braces.
func (e *expansion) value(expr string) (string, *variableError) {
	name, rest, more := strings.Cut(expr, ":")
	if !identifier.MatchString(name) {
		return "", &variableError{CodeBadVariable, fmt.Sprintf("%q is no name of a variable", name), "write $${ for the two characters"}
	}
	given, ok := e.params[name]
	e.used[name] = e.used[name] || ok
	moment, isDate := e.builtIn(name)
	switch {
	case !more && ok:
		return given, nil
	case isDate && move.MatchString(rest):
	case move.MatchString(rest):
		return "", &variableError{CodeBadVariable, fmt.Sprintf("${%s} could be a default or a date moved", expr),
			fmt.Sprintf("write ${%s:yyyyMMdd:%s} for the date", name, rest)}
	case strings.HasPrefix(rest, "-"):
		if ok {
			return given, nil
		}
		return e.standBy(rest[1:])
	case strings.HasPrefix(rest, "?") && !ok:
		return "", &variableError{CodeMissingVariable, fmt.Sprintf("variable %s: %s", name, rest[1:]), "give it with -p " + name + "=..."}
	case strings.HasPrefix(rest, "?"):
		return given, nil
	}
	if ok {
		var err error
		if moment, err = parseMoment(given, e.now.Location()); err != nil {
			return "", &variableError{CodeBadVariable, fmt.Sprintf("variable %s is no date: %v", name, err), "write it yyyyMMdd or yyyy-MM-dd HH:mm:ss"}
		}
		isDate = true
	}
	if !isDate {
		return "", e.missing(name)
	}
	return formatMoment(name, moment, rest)
}

// standBy returns a default with the variables inside it replaced.
func (e *expansion) standBy(text string) (string, *variableError) {
	inner := &expansion{text: []byte(text), dialect: plugins.DialectFlinkX, params: e.params, now: e.now}
	inner.run()
	if len(inner.found) > 0 {
		return "", &variableError{inner.found[0].code, inner.found[0].text, inner.found[0].hint}
	}
	for name := range inner.used {
		e.used[name] = true
	}
	return string(inner.out), nil
}

func (e *expansion) builtIn(name string) (time.Time, bool) {
	y, m, d := e.now.Date()
	switch name {
	case "now":
		return e.now, true
	case "today":
		return time.Date(y, m, d, 0, 0, 0, 0, e.now.Location()), true
	case "yesterday":
		return time.Date(y, m, d-1, 0, 0, 0, 0, e.now.Location()), true
	}
	return time.Time{}, false
}

func (e *expansion) missing(name string) *variableError {
	hint := "give it with -p " + name + "=..."
	if like := nearest(name, slices.Collect(maps.Keys(e.params))); like != "" {
		hint = fmt.Sprintf("-p gave %q", like)
	}
	return &variableError{CodeMissingVariable, fmt.Sprintf("variable %s has no value", name), hint}
}

// unused lists the given variables that the text does not mention.
func (e *expansion) unused() []string {
	var list []string
	for name := range e.params {
		if !e.used[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// ParseParams reads values given on the command line: "k=v", and as FlinkX and
// DataX spell several in one argument, "k=v,k2=v2" and "-Dk=v -Dk2=v2". A comma
// splits only where another name and = follows. It names the first that is
// none of these.
func ParseParams(args []string) (map[string]string, error) {
	params := make(map[string]string)
	for _, arg := range args {
		var parts []string
		if strings.HasPrefix(strings.TrimSpace(arg), "-D") {
			parts = strings.Split(" "+strings.TrimSpace(arg), " -D")[1:]
		} else {
			parts = splitPairs(arg)
		}
		for _, part := range parts {
			name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
			if !ok || !identifier.MatchString(name) {
				return nil, fmt.Errorf("parameter %q: want name=value", part)
			}
			params[name] = value
		}
	}
	return params, nil
}

var nextPair = regexp.MustCompile(`,([A-Za-z_][\w.-]*=)`)

func splitPairs(arg string) []string {
	return strings.Split(nextPair.ReplaceAllString(arg, "\x00$1"), "\x00")
}
