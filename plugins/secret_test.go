package plugins

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// holder has the secret where fmt may not call its methods.
type holder struct {
	Open   Secret
	hidden Secret
	nested *Secret
}

func TestSecretNeverPrinted(t *testing.T) {
	const canary = "canary-4711"
	s := NewSecret(canary)
	h := holder{Open: s, hidden: s, nested: &s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t", "%p"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
	}
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(data)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s, "holder", h)
	hex := fmt.Sprintf("%x", canary)
	if text := out.String(); strings.Contains(text, canary) || strings.Contains(text, hex) {
		t.Errorf("the value was printed:\n%s", text)
	}
	if got := s.Reveal(); got != canary {
		t.Errorf("Reveal() = %q, want %q", got, canary)
	}
}

func TestSecretFromJSON(t *testing.T) {
	var got struct{ Password Secret }
	if err := json.Unmarshal([]byte(`{"Password":"pw"}`), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Password.Equal(NewSecret("pw")) {
		t.Errorf("password = %q, want pw", got.Password.Reveal())
	}
	if err := json.Unmarshal([]byte(`{"Password":4711}`), &got); err == nil {
		t.Error("a number was taken for a secret")
	}
	if !NewSecret("").Empty() || NewSecret("x").Empty() {
		t.Error("Empty() is wrong")
	}
}
