package plugins

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Where a byte beyond ASCII stands makes no difference to finding it.
func TestValidUTF8FindsEveryByte(t *testing.T) {
	for length := range 40 {
		text := make([]byte, length)
		if !ValidUTF8(text) {
			t.Errorf("%d zeros are not taken for UTF-8", length)
		}
		for at := range text {
			text[at] = 0x80
			if ValidUTF8(text) {
				t.Errorf("0x80 at %d of %d is taken for UTF-8", at, length)
			}
			text[at] = 0x7f
		}
		if !ValidUTF8(text) {
			t.Errorf("%d bytes of 0x7f are not taken for UTF-8", length)
		}
	}
}

func FuzzValidUTF8(f *testing.F) {
	for _, text := range []string{"", "a", "caf\u00e9", strings.Repeat("\u4e2d", 9), "\xff", "12345678\xc3", "\xed\xa0\x80"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := ValidUTF8(text), utf8.Valid(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	})
}

func BenchmarkValidUTF8(b *testing.B) {
	text := []byte("some name of a customer")
	for b.Loop() {
		if !ValidUTF8(text) {
			b.Fatal("not valid")
		}
	}
}
