package textfile

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format says how rows lie in a text file. Two families:
//
//	plain   v0 D v1 D v2 LF          Quote 0; the Escape byte, if any, before D, itself, CR and LF
//	CSV     v0 D "v1 with D" D v2 LF Quote '"'; RFC 4180, quotes inside doubled
//
// where D is the Delimiter. A plain row ends at LF, CR LF or CR, as
// org.apache.hadoop.util.LineReader has it; a CSV row at LF or CR LF outside
// quotes.
type Format struct {
	// Delimiter stands between two fields: one literal string of at least
	// one byte, never a set of characters or a pattern.
	Delimiter string
	// Null is how NULL is written. In plain text it is compared with the
	// field before escapes are undone; in CSV a quoted field is never NULL.
	Null string
	// LineEnd is written behind every row: LF or CR LF.
	LineEnd string
	// Escape takes the meaning from the byte behind it; 0 for none. Hive's
	// escape.delim. Plain text only.
	Escape byte
	// EscapeCRLF says that Escape n and Escape r mean LF and CR. Hive's
	// serialization.escape.crlf (HIVE-11785, Hive 2).
	EscapeCRLF bool
	// Quote encloses CSV fields; 0 makes the format plain.
	Quote byte
}

// Hive returns the format of a Hive text table without further clauses:
// fields parted by \001, NULL as \N, nothing escaped.
func Hive() Format { return Format{Delimiter: "\x01", Null: `\N`, LineEnd: "\n"} }

// CSV returns the format of RFC 4180 with a bare LF as line end. NULL is an
// empty field, an empty text is two quotes.
func CSV() Format { return Format{Delimiter: ",", LineEnd: "\n", Quote: '"'} }

// maxDelimiterBytes bounds Delimiter and Null.
const maxDelimiterBytes = 64

// Validate reports everything wrong with the format.
func (f Format) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case f.Delimiter == "":
		bad("the field delimiter is empty")
	case strings.ContainsAny(f.Delimiter, "\r\n"):
		bad("the field delimiter %q holds a line end", f.Delimiter)
	case len(f.Delimiter) > maxDelimiterBytes:
		bad("the field delimiter is longer than %d bytes", maxDelimiterBytes)
	}
	// "a|" before "||" is a delimiter too early.
	if strings.ContainsAny(f.Null, "\r\n") || strings.Index(f.Null+f.Delimiter, f.Delimiter) < len(f.Null) && f.Delimiter != "" {
		bad("the NULL marker %q holds a delimiter or line end", f.Null)
	}
	if len(f.Null) > maxDelimiterBytes {
		bad("the NULL marker is longer than %d bytes", maxDelimiterBytes)
	}
	if f.LineEnd != "\n" && f.LineEnd != "\r\n" {
		bad("the line end is %q; it must be LF or CR LF", f.LineEnd)
	}
	f.validateEscape(bad)
	return errors.Join(errs...)
}

func (f Format) validateEscape(bad func(string, ...any)) {
	special := func(b byte) bool {
		return b >= utf8.RuneSelf || b == '\r' || b == '\n' || strings.IndexByte(f.Delimiter, b) >= 0
	}
	switch {
	case f.Escape != 0 && f.Quote != 0:
		bad("a format has quotes or escapes, not both")
	case f.Escape != 0 && len(f.Delimiter) > 1:
		bad("escapes need a delimiter of one byte, and %q has %d", f.Delimiter, len(f.Delimiter))
	case f.Escape != 0 && special(f.Escape):
		bad("the escape character %q is a delimiter or not ASCII", f.Escape)
	case f.Escape == 'n' || f.Escape == 'r':
		bad("the escape character must not be %q", f.Escape)
	case f.Escape != 0 && strings.HasSuffix(f.Null, string(f.Escape)):
		bad("the NULL marker %q ends with the escape character", f.Null)
	case f.EscapeCRLF && f.Escape == 0:
		bad("line ends cannot be escaped without an escape character")
	case f.EscapeCRLF && (f.Delimiter == "n" || f.Delimiter == "r"):
		bad("line ends cannot be escaped where %q is the delimiter", f.Delimiter)
	case f.Quote != 0 && special(f.Quote):
		bad("the quote %q is a delimiter or not ASCII", f.Quote)
	case f.Quote != 0 && strings.IndexByte(f.Null, f.Quote) >= 0:
		bad("the NULL marker %q holds the quote", f.Null)
	}
}

// CheckCharset refuses every character set but UTF-8 and its subset ASCII,
// under the names Java has for them. Empty means UTF-8.
func CheckCharset(name string) error {
	switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name)) {
	case "", "utf8", "usascii", "ascii":
		return nil
	}
	return fmt.Errorf("character set %q is not supported: only UTF-8", name)
}
