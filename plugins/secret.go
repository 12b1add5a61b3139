package plugins

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// SecretMask is what every attempt to print a Secret gives, whatever its
// length.
const SecretMask = "******"

// Secret is a password, key or token in a Config. Printing it, logging it or
// making JSON of it gives SecretMask; only Reveal gives the value. The zero
// Secret is empty, "not set".
//
// A Config declares such a setting as a field of this type:
//
//	Password plugins.Secret `json:"password"`
//
// In a job file it is text, or a reference that the client resolves before
// the job leaves it: ${env:NAME}, ${file:/path} or file:/path. A plugin never
// sees a reference, only the value.
//
// The value lies behind a pointer because fmt prints unexported fields of a
// struct without asking their methods; of a pointer it prints the address.
type Secret struct{ text *string }

var (
	_ fmt.Formatter    = Secret{}
	_ json.Marshaler   = Secret{}
	_ json.Unmarshaler = (*Secret)(nil)
	_ slog.LogValuer   = Secret{}
)

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the value itself. Call it where it is handed to a server and
// nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty says that no value was given.
func (s Secret) Empty() bool { return s.text == nil }

// Equal says that two secrets hold the same value; go-cmp uses it.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns the mask, or "" for an empty Secret.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return SecretMask
}

// Format implements fmt.Formatter: the mask for every verb, %#v and %d too.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalJSON implements json.Marshaler with the mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON implements json.Unmarshaler; it takes a string.
func (s *Secret) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("secret: want a string")
	}
	*s = NewSecret(text)
	return nil
}

// LogValue implements slog.LogValuer with the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
