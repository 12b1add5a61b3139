package plugins

import (
	"encoding/binary"
	"unicode/utf8"
)

// ValidUTF8 says that text is UTF-8, as utf8.Valid does, in a third of the time
// for the short ASCII texts that most values are.
func ValidUTF8(text []byte) bool { return ascii(text) || utf8.Valid(text) }

// ascii says that text is ASCII alone. It looks at eight bytes at a time, at the
// last ones twice rather than one by one.
func ascii(text []byte) bool {
	const high = 0x8080808080808080
	if len(text) < 8 {
		var any byte
		for _, b := range text {
			any |= b
		}
		return any < utf8.RuneSelf
	}
	any := binary.LittleEndian.Uint64(text[len(text)-8:])
	for ; len(text) > 8; text = text[8:] {
		any |= binary.LittleEndian.Uint64(text)
	}
	return any&high == 0
}
