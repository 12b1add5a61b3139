package token

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

const (
	magic           = "HDTS"
	versionWritable = 0
	versionProto    = 1
	// fileLimitBytes bounds a credential file: real ones have a few KB.
	fileLimitBytes = 16 << 20
)

// Entry is a token under its alias. The alias tells entries apart; Java programs use the token's service, the
// ResourceManager an empty one for the AMRM token.
type Entry struct {
	Alias string
	Token Token
}

// Credentials is a set of tokens and secret keys (org.apache.hadoop.security.Credentials). The zero value is empty and
// ready to use. It is not safe for concurrent changes.
type Credentials struct {
	// Tokens in the order they were read or added; aliases are unique when entries come through Add or Decode.
	Tokens []Entry
	// Secrets are named keys of applications; YARN carries them without looking at them. Secret.
	Secrets map[string][]byte
}

// ReadFile reads a credential file such as HADOOP_TOKEN_FILE_LOCATION names. Files over 16 MiB are refused.
func ReadFile(name string) (*Credentials, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, fileLimitBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read credentials %s: %w", name, err)
	}
	if len(data) > fileLimitBytes {
		return nil, fmt.Errorf("read credentials %s: larger than %d bytes", name, fileLimitBytes)
	}
	c, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("read credentials %s: %w", name, err)
	}
	return c, nil
}

// Decode reads a credentials stream of version 0 or 1. Bytes after the body are ignored.
func Decode(data []byte) (*Credentials, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) == 0 {
		return nil, errors.New("decode credentials: not a Hadoop credentials stream (no HDTS at its start)")
	}
	body := rest[1:]
	var c *Credentials
	var err error
	switch rest[0] {
	case versionWritable:
		c, err = decodeWritable(body)
	case versionProto:
		c, err = decodeProto(body)
	default:
		err = fmt.Errorf("unknown version %d", rest[0])
	}
	if err != nil {
		return nil, fmt.Errorf("decode credentials: %w", err)
	}
	return c, nil
}

func decodeWritable(body []byte) (*Credentials, error) {
	r := reader{buf: body}
	c := &Credentials{}
	for n := r.vint(); n > 0 && r.err == nil; n-- {
		alias := r.text()
		if t := r.token(); r.err == nil {
			c.Add(alias, t)
		}
	}
	for n := r.vint(); n > 0 && r.err == nil; n-- {
		alias := r.text()
		if key := r.bytes(); r.err == nil {
			c.SetSecret(alias, key)
		}
	}
	return c, r.err
}

func decodeProto(body []byte) (*Credentials, error) {
	n, used := binary.Uvarint(body)
	if used <= 0 || n > uint64(len(body)-used) {
		return nil, errLength
	}
	var p pb.CredentialsProto
	if err := proto.Unmarshal(body[used:used+int(n)], &p); err != nil {
		return nil, err
	}
	c := &Credentials{}
	for _, kv := range p.Tokens {
		c.Add(kv.GetAlias(), FromProto(kv.Token))
	}
	for _, kv := range p.Secrets {
		c.SetSecret(kv.GetAlias(), kv.Secret)
	}
	return c, nil
}

// Encode writes a version 0 stream, which every Hadoop release reads. Secrets are ordered by name, so that equal
// credentials give equal bytes.
func (c *Credentials) Encode() []byte {
	dst := append([]byte(magic), versionWritable)
	dst = appendVint(dst, int64(len(c.Tokens)))
	for _, e := range c.Tokens {
		dst = appendToken(appendText(dst, e.Alias), e.Token)
	}
	dst = appendVint(dst, int64(len(c.Secrets)))
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		dst = appendBytes(appendText(dst, name), c.Secrets[name])
	}
	return dst
}

// Add stores a token under an alias and replaces what was there.
func (c *Credentials) Add(alias string, t Token) {
	i := slices.IndexFunc(c.Tokens, func(e Entry) bool { return e.Alias == alias })
	if i < 0 {
		c.Tokens = append(c.Tokens, Entry{alias, t})
		return
	}
	c.Tokens[i].Token = t
}

// SetSecret stores a secret key under a name and replaces what was there.
func (c *Credentials) SetSecret(name string, key []byte) {
	if c.Secrets == nil {
		c.Secrets = map[string][]byte{}
	}
	c.Secrets[name] = key
}

// Secret returns the secret key of that name.
func (c *Credentials) Secret(name string) ([]byte, bool) {
	key, ok := c.Secrets[name]
	return key, ok
}

// ByKind returns the first token of a kind. There is one AMRM token, so this is how an ApplicationMaster finds its
// own: alias and service are empty for it.
func (c *Credentials) ByKind(kind string) (Token, bool) {
	for _, e := range c.Tokens {
		if e.Token.Kind == kind {
			return e.Token, true
		}
	}
	return Token{}, false
}

// ByService returns the token of a kind issued for exactly that service, e.g. "ha-hdfs:ns1".
func (c *Credentials) ByService(kind, service string) (Token, bool) {
	for _, e := range c.Tokens {
		if e.Token.Kind == kind && e.Token.Service == service {
			return e.Token, true
		}
	}
	return Token{}, false
}

// Without returns a copy that lacks every token of a kind. An ApplicationMaster passes its credentials on to workers
// without KindAMRM, which is nobody else's.
func (c *Credentials) Without(kind string) *Credentials {
	out := &Credentials{Secrets: maps.Clone(c.Secrets)}
	for _, e := range c.Tokens {
		if e.Token.Kind != kind {
			out.Tokens = append(out.Tokens, e)
		}
	}
	return out
}

// String counts the entries and names the kinds; it shows no secret.
func (c *Credentials) String() string {
	kinds := make([]string, len(c.Tokens))
	for i, e := range c.Tokens {
		kinds[i] = e.Token.Kind
	}
	return fmt.Sprintf("credentials: tokens %v, %d secret keys", kinds, len(c.Secrets))
}

// GoString is String, so that %#v shows no secret either.
func (c *Credentials) GoString() string { return c.String() }
