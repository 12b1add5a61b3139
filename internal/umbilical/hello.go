package umbilical

import (
	"crypto/hmac"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
)

// After the TLS handshake, before the first HTTP request, both sides prove that
// they know the caller's key. The master's certificate is made anew at each
// start and not pinned: what is trusted is the proof, and it holds for this
// channel only, because it covers keying material exported from it (RFC 8446
// section 7.5, RFC 5705). Somebody in the middle has two channels with different
// material and cannot pass a proof on.
//
//	caller -> master   version 1 | length of name 1 | name | proof 32
//	master -> caller   version 1 | proof 32
//
//	proof = HMAC-SHA256(key, "weft " role 0 name 0 material)    role "caller" or "master"

const (
	helloVersion  = 1
	proofBytes    = 32
	exporterLabel = "EXPORTER-weft-umbilical"
)

// ErrStranger says that the other side does not know the key, or speaks
// something else altogether.
var ErrStranger = errors.New("the other side could not prove who it is")

func proof(state tls.ConnectionState, key []byte, role, name string) ([]byte, error) {
	material, err := state.ExportKeyingMaterial(exporterLabel, nil, proofBytes)
	if err != nil {
		return nil, fmt.Errorf("export keying material: %w", err)
	}
	return derive(key, role, name+"\x00"+string(material)), nil
}

// introduce is the caller's half.
func introduce(conn io.ReadWriter, state tls.ConnectionState, name string, key []byte) error {
	if len(name) == 0 || len(name) > 255 {
		return fmt.Errorf("introduce %q: a name has 1 to 255 bytes", name)
	}
	own, err := proof(state, key, "caller", name)
	if err != nil {
		return err
	}
	hello := append([]byte{helloVersion, byte(len(name))}, name...)
	if _, err := conn.Write(append(hello, own...)); err != nil {
		return fmt.Errorf("introduce: %w", err)
	}
	var answer [1 + proofBytes]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return fmt.Errorf("introduce: %w (no answer: %w)", ErrStranger, err)
	}
	want, err := proof(state, key, "master", name)
	if err != nil {
		return err
	}
	if answer[0] != helloVersion || !hmac.Equal(answer[1:], want) {
		return fmt.Errorf("introduce to master: %w", ErrStranger)
	}
	return nil
}

// welcome is the master's half; it returns the caller's proven name. A caller
// that fails gets no answer.
func welcome(conn io.ReadWriter, state tls.ConnectionState, keyOf func(name string) ([]byte, bool)) (string, error) {
	name, given, err := readHello(conn)
	if err != nil {
		return "", err
	}
	key, known := keyOf(name)
	if !known {
		return "", fmt.Errorf("welcome %q: %w", name, ErrStranger)
	}
	want, err := proof(state, key, "caller", name)
	if err != nil {
		return "", err
	}
	if !hmac.Equal(given, want) {
		return "", fmt.Errorf("welcome %q: %w", name, ErrStranger)
	}
	own, err := proof(state, key, "master", name)
	if err != nil {
		return "", err
	}
	if _, err := conn.Write(append([]byte{helloVersion}, own...)); err != nil {
		return "", fmt.Errorf("welcome %q: %w", name, err)
	}
	return name, nil
}

func readHello(r io.Reader) (name string, given []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, fmt.Errorf("welcome: %w", err)
	}
	if head[0] != helloVersion || head[1] == 0 {
		return "", nil, fmt.Errorf("welcome: %w (version %d, name of %d bytes)", ErrStranger, head[0], head[1])
	}
	rest := make([]byte, int(head[1])+proofBytes)
	if _, err := io.ReadFull(r, rest); err != nil {
		return "", nil, fmt.Errorf("welcome: %w", err)
	}
	return string(rest[:head[1]]), rest[head[1]:], nil
}
