package plugins

import (
	"strconv"
	"testing"
)

// FuzzParseInt: the short way takes what strconv takes, and nothing else.
func FuzzParseInt(f *testing.F) {
	for _, text := range []string{"", "-", "+", "0", "-0", "+7", "007", "-12", "1_0", "0x1", " 1", "1 ", "9223372036854775807",
		"-9223372036854775808", "9223372036854775808", "999999999999999999", "-999999999999999999", "--1", "1a", "12345678901234567890"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseInt(text)
		want, wantErr := strconv.ParseInt(string(text), 10, 64)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("%q is %d, %v; want %d, %v", text, got, err, want, wantErr)
		}
	})
}
