package hadoopconf

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSubstitutions is how many ${} are replaced in one value, so that a few
// lines cannot grow without end. Java stops at 20 (Configuration.MAX_SUBST),
// which a class path of our time may exceed.
const maxSubstitutions = 200

// Lookup returns the value of a key, trimmed and expanded, and whether it has
// one that is not empty.
func (c *Conf) Lookup(key string) (value string, ok bool) {
	p, ok := c.props[current(key)]
	if !ok {
		return "", false
	}
	value = strings.TrimSpace(c.expand(p.value))
	return value, value != ""
}

// String returns the value of a key, or def when it has none or an empty one.
func (c *Conf) String(key, def string) string {
	if v, ok := c.Lookup(key); ok {
		return v
	}
	return def
}

// Strings returns the elements of a comma-separated value, trimmed, without
// empty ones; nil when there is none.
func (c *Conf) Strings(key string) []string {
	var list []string
	for part := range strings.SplitSeq(c.String(key, ""), ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// Int64 returns a whole number, decimal or 0x hexadecimal.
func (c *Conf) Int64(key string, def int64) (int64, error) {
	v, ok := c.Lookup(key)
	if !ok {
		return def, nil
	}
	base, digits := 10, v
	if rest, hex := strings.CutPrefix(strings.ToLower(v), "0x"); hex {
		base, digits = 16, rest
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, c.bad(key, v, "a whole number")
	}
	return n, nil
}

// Int is Int64 for a number that fits 32 bits, as Java's getInt.
func (c *Conf) Int(key string, def int) (int, error) {
	n, err := c.Int64(key, int64(def))
	if err == nil && n != int64(int32(n)) {
		return 0, c.bad(key, c.String(key, ""), "a number of at most 32 bits")
	}
	return int(n), err
}

// Bytes returns a size in bytes; the suffixes k, m, g, t, p, e mean powers of
// 1024 (Configuration.getLongBytes), "128m" is 134217728.
func (c *Conf) Bytes(key string, def int64) (int64, error) {
	v, ok := c.Lookup(key)
	if !ok {
		return def, nil
	}
	digits, shift := v, 0
	if i := strings.IndexByte("kmgtpe", v[len(v)-1]|0x20); i >= 0 {
		digits, shift = v[:len(v)-1], 10*(i+1)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || n<<shift>>shift != n {
		return 0, c.bad(key, v, "a size such as 1048576 or 128m")
	}
	return n << shift, nil
}

// Bool returns true or false, written in any case. Java takes anything else for
// the default; here it is an error.
func (c *Conf) Bool(key string, def bool) (bool, error) {
	v, ok := c.Lookup(key)
	switch {
	case !ok:
		return def, nil
	case strings.EqualFold(v, "true"):
		return true, nil
	case strings.EqualFold(v, "false"):
		return false, nil
	}
	return false, c.bad(key, v, "true or false")
}

// timeUnits are the suffixes of Configuration.ParsedTimeDuration, longest first.
var timeUnits = []struct {
	suffix string
	unit   time.Duration
}{
	{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"ms", time.Millisecond},
	{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour},
}

// Duration returns a time span: "30s", "500ms", "2d"; a bare number counts in
// unit, which each Hadoop key defines for itself, mostly milliseconds.
func (c *Conf) Duration(key string, def, unit time.Duration) (time.Duration, error) {
	v, ok := c.Lookup(key)
	if !ok {
		return def, nil
	}
	digits := strings.ToLower(v)
	for _, u := range timeUnits {
		if rest, found := strings.CutSuffix(digits, u.suffix); found {
			digits, unit = strings.TrimSpace(rest), u.unit
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	span := time.Duration(n) * unit
	if err != nil || (n != 0 && span/unit != time.Duration(n)) {
		return 0, c.bad(key, v, "a time such as 500ms, 30s or 2m")
	}
	return span, nil
}

func (c *Conf) bad(key, value, want string) error {
	return fmt.Errorf("%s: %s: %q is not %s", c.Origin(key), key, value, want)
}

// expand replaces ${name}, ${env.NAME}, ${env.NAME:-def} and ${env.NAME-def},
// inner ones first (Configuration.substituteVars). From the first variable that
// cannot be resolved on, the text stays as it is; a value that refers to itself
// stays as it is altogether.
func (c *Conf) expand(value string) string {
	budget := maxSubstitutions
	text, ok := c.expandWithin(value, nil, &budget)
	if !ok {
		return value
	}
	return text
}

// expandWithin expands text that came from the variables of path; ok is false
// for a cycle, or when the budget is used up.
func (c *Conf) expandWithin(text string, path []string, budget *int) (expanded string, ok bool) {
	for {
		from, to := findVariable(text)
		if from < 0 {
			return text, true
		}
		name := text[from+2 : to-1]
		if *budget--; *budget < 0 || slices.Contains(path, name) {
			return "", false
		}
		raw, known := c.variable(name)
		if !known {
			return text, true
		}
		replacement, ok := c.expandWithin(raw, append(slices.Clone(path), name), budget)
		if !ok {
			return "", false
		}
		if i, _ := findVariable(replacement); i >= 0 { // holds what cannot be resolved
			return text[:from] + replacement + text[to:], true
		}
		text = text[:from] + replacement + text[to:]
	}
}

// findVariable returns the bounds of the first innermost ${...}, or -1, -1. A
// name holds no "$", "{", "}" and no white space.
func findVariable(s string) (from, to int) {
	from = -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$' && i+1 < len(s) && s[i+1] == '{':
			from = i
			i++
		case c == '}' && from >= 0:
			if i > from+2 {
				return from, i + 1
			}
			from = -1
		case c == '$' || c == '{' || c == ' ' || c == '\t' || c == '\n' || c == '\r':
			from = -1
		}
	}
	return -1, -1
}

func (c *Conf) variable(name string) (string, bool) {
	if envName, ok := strings.CutPrefix(name, "env."); ok {
		return c.environment(envName)
	}
	switch name { // the Java system properties that site files are seen to use
	case "user.name":
		return c.osUser()
	case "java.io.tmpdir":
		return os.TempDir(), true
	}
	p, ok := c.props[current(name)]
	return p.value, ok
}

// environment serves NAME (unset stays as written), NAME-def (def when unset)
// and NAME:-def (def when unset or empty).
func (c *Conf) environment(name string) (string, bool) {
	i := strings.IndexByte(name, '-')
	if i < 0 {
		return c.env(name)
	}
	def, name := name[i+1:], name[:i]
	bare := strings.TrimSuffix(name, ":")
	v, ok := c.env(bare)
	if !ok || (v == "" && bare != name) {
		return def, true
	}
	return v, true
}

func (c *Conf) osUser() (string, bool) {
	if u, err := user.Current(); err == nil {
		return u.Username, true
	}
	return c.env("USER")
}
