package textfile

import (
	"strings"
	"testing"

	"weft/plugins"
)

func TestDatePattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, text, want string
		whole               bool
	}{
		{"yyyy-MM-dd HH:mm:ss", "2024-02-29 01:02:03", "2024-02-29 01:02:03", false},
		{"yyyyMMdd", "20240229", "2024-02-29", false},
		{"yyyyMMdd", "20240229", "2024-02-29 00:00:00", true},
		{"yyyyMMddHHmmssSSS", "20240229010203004", "2024-02-29 01:02:03.004", false},
		{"dd/MM/yyyy", "1/2/2024", "2024-02-01", false},
		{"yyyy'年'M'月'd'日'", "2024年2月9日", "2024-02-09", false},
		{"yyyy-MM-dd'T'HH:mm:ss.SSS", "2024-02-29T01:02:03.5", "2024-02-29 01:02:03.005", false},
		{"yyyy", "2024", "2024-01-01", false},
		{"yyyy-MM-dd", "2024-02-29 01", "", false},
		{"yyyy-MM-dd", "2024-13-45", "2024-13-45", false}, // the conversion refuses it
		{"yyyy-MM-dd", "24-02-29", "", false},
		{"yyyyMMdd", "2024229", "", false},
		{"yyyy-MM-dd", "", "", false},
	} {
		p, err := NewDatePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		got, ok := p.Append(nil, []byte(tt.text), tt.whole)
		if ok != (tt.want != "") || ok && string(got) != tt.want {
			t.Errorf("%s of %q = %q, %v; want %q", tt.pattern, tt.text, got, ok, tt.want)
		}
	}
}

func TestNewDatePatternRefuses(t *testing.T) {
	for pattern, want := range map[string]string{
		"yy-MM-dd": "four digits", "yyyy-MMM": "no number", "yyyy EEE": "letter E", "HH:mm": "no year", "yyyy'": "not closed", "yyyy yyyy": "twice",
		"yyyySSSSSSSSSSSSS": "no number",
	} {
		if _, err := NewDatePattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q in it", pattern, err, want)
		}
	}
}

// What a pattern makes of any text is refused or understood by the conversion,
// and never a crash.
func FuzzDatePattern(f *testing.F) {
	f.Add("yyyy-MM-dd HH:mm:ss.SSS", "2024-01-02 03:04:05.6")
	f.Add("ddMMyyyy", "01022024")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := NewDatePattern(pattern)
		if err != nil {
			return
		}
		out, ok := p.Append(nil, []byte(text), true)
		if !ok {
			return
		}
		var v plugins.Vector
		v.Reset(plugins.KindDatetime)
		if err := plugins.ParseText(&v, out); err != nil {
			return
		}
		if back := plugins.AppendText(nil, &v, 0, 3); !strings.HasPrefix(string(back), string(out)) {
			t.Fatalf("%q by %q is %q, understood as %q", text, pattern, out, back)
		}
	})
}
