package fsys

import (
	"fmt"
	"path"
	"strings"
)

// Path is a location as users write it, taken apart:
//
//	hdfs://ns1/a/b     Scheme "hdfs"  Authority "ns1"      Name "/a/b"
//	hdfs://nn1:8020/a  Scheme "hdfs"  Authority "nn1:8020" Name "/a"
//	file:///x          Scheme "file"  Authority ""         Name "/x"
//	/x                 Scheme ""      Authority ""         Name "/x"   (the default FS)
//
// Paths are plain text, not URLs: as in Hadoop's org.apache.hadoop.fs.Path
// nothing is percent-decoded, and "?" and "#" are ordinary characters.
type Path struct {
	Scheme    string // lower case; "" means the default FS
	Authority string // nameservice or host:port; "" means that of the default FS
	Name      string // absolute and clean
}

// Parse takes a location apart. A location without a scheme must be absolute;
// "hdfs:///a" names the default authority of that scheme. The result is not
// checked against any configuration: that is done by Opener.
func Parse(location string) (Path, error) {
	scheme, rest, ok := cutScheme(location)
	if !ok {
		return parseName(location, Path{}, location)
	}
	p := Path{Scheme: strings.ToLower(scheme)}
	if !strings.HasPrefix(rest, "//") {
		return parseName(location, p, rest) // file:/x
	}
	rest = rest[2:]
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		p.Authority, rest = rest, "/"
	} else {
		p.Authority, rest = rest[:slash], rest[slash:]
	}
	if strings.ContainsAny(p.Authority, " \t\r\n?#%") {
		return Path{}, fmt.Errorf("parse path %q: bad authority %q", redact(location), redact(p.Authority))
	}
	if strings.Contains(p.Authority, "@") {
		return Path{}, fmt.Errorf("parse path %q: credentials do not belong in a path", redact(location))
	}
	return parseName(location, p, rest)
}

// cutScheme splits "scheme:rest" when what precedes the first colon is a scheme
// (RFC 3986 section 3.1) and no slash comes before it.
func cutScheme(s string) (scheme, rest string, ok bool) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 {
		return "", s, false
	}
	for i := range colon {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(s[i]))) {
			return "", s, false
		}
	}
	return s[:colon], s[colon+1:], true
}

func parseName(location string, p Path, name string) (Path, error) {
	clean, err := Clean(name)
	if err != nil {
		return Path{}, fmt.Errorf("parse path %q: %w", redact(location), err)
	}
	p.Name = clean
	return p, nil
}

// redact hides what stands between "//" and "@", which may be a password.
func redact(location string) string {
	at := strings.LastIndexByte(location, '@')
	if at < 0 {
		return location
	}
	start := strings.Index(location[:at], "//")
	if start < 0 {
		return "xxxxx" + location[at:]
	}
	return location[:start+2] + "xxxxx" + location[at:]
}

// Clean makes a name absolute-and-shortest ("/a//b/" -> "/a/b"), or says why it
// cannot be one: relative, empty, with a "..", or with a NUL, which no back end
// can store. ".." is refused, not resolved, so that no name read from a file
// can climb out of a folder.
func Clean(name string) (string, error) {
	switch {
	case name == "":
		return "", fmt.Errorf("name is empty")
	case name[0] != '/':
		return "", fmt.Errorf("name %q is not absolute", name)
	case strings.ContainsRune(name, 0):
		return "", fmt.Errorf("name %q holds a NUL byte", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", fmt.Errorf("name %q holds %q", name, "..")
		}
	}
	return path.Clean(name), nil
}

// String puts the location together again; Parse of it gives the same Path.
func (p Path) String() string {
	if p.Scheme == "" {
		return p.Name
	}
	return p.Scheme + "://" + p.Authority + p.Name
}

// Join appends elements to the name: Path{/a}.Join("b", "c") is /a/b/c. The
// elements must not hold "..": what comes from outside goes through Clean.
func (p Path) Join(elem ...string) Path {
	p.Name = path.Join(append([]string{p.Name}, elem...)...)
	return p
}
