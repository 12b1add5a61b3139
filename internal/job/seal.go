package job

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// KeyBytes is the size of a run's key: AES-256.
const KeyBytes = 32

// NewKey returns a fresh random key for a run, to be kept in its key file.
func NewKey() []byte {
	key := make([]byte, KeyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	return key
}

// Seal returns a copy of s whose secrets are encrypted with the run's key, as
// spec.json holds them. s must be resolved: a reference would mean nothing on
// another host. Each value is
//
//	${sealed:base64url(nonce 12 bytes | AES-256-GCM of the text | tag 16 bytes)}
//
// with its JSON pointer as additional data, so that sealed values cannot be
// exchanged among each other.
func Seal(s *Spec, key []byte) (*Spec, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	return s.rewrite(func(pointer, text string) (string, error) {
		if isReference(text) {
			return "", fmt.Errorf("seal secret %s: it is still a reference", pointer)
		}
		nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(text)+box.Overhead())
		_, _ = rand.Read(nonce) // never fails, as in NewKey
		sealed := box.Seal(nonce, nonce, []byte(text), []byte(pointer))
		return "${sealed:" + base64.RawURLEncoding.EncodeToString(sealed) + "}", nil
	})
}

// Unseal returns a copy of s with its sealed secrets in clear, and their
// values for a scrubber. The copy must not be stored or logged. A wrong key
// and a changed value give an error.
func Unseal(s *Spec, key []byte) (*Spec, []string, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, nil, fmt.Errorf("open sealed secrets: %w", err)
	}
	var values []string
	open, err := s.rewrite(func(pointer, text string) (string, error) {
		m := sealedExpr.FindStringSubmatch(text)
		if m == nil {
			return "", fmt.Errorf("open secret %s: it is not sealed", pointer)
		}
		data, err := base64.RawURLEncoding.DecodeString(m[1])
		if err != nil || len(data) < box.NonceSize() {
			return "", fmt.Errorf("open secret %s: not a sealed value", pointer)
		}
		clear, err := box.Open(nil, data[:box.NonceSize()], data[box.NonceSize():], []byte(pointer))
		if err != nil {
			return "", fmt.Errorf("open secret %s: sealed with another key, or changed", pointer)
		}
		values = append(values, exposed(string(clear))...)
		return string(clear), nil
	})
	return open, values, err
}

func newBox(key []byte) (cipher.AEAD, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("key has %d bytes, not %d", len(key), KeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
