package sasl

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DigestOptions are the inputs of DIGEST-MD5 (RFC 2831).
type DigestOptions struct {
	Username, Password string // as text; the caller encodes binary ones
	// Protocol and Server are the halves of the digest-uri: "" and "default" for Hadoop RPC, "hdfs" and "0" for
	// DataNodes, "null" and "default" for Hive and HBase tokens.
	Protocol, Server string
	// QOPs are the acceptable qualities of protection, best first.
	QOPs []QOP

	cnonce string // fixed by tests; random otherwise
}

// Digest is the client's side of one DIGEST-MD5 exchange: Respond to the challenge, then Verify the server's answer.
type Digest struct {
	opts    DigestOptions
	session *session
}

// NewDigest returns the client's side of an exchange.
func NewDigest(o DigestOptions) *Digest { return &Digest{opts: o} }

// defaultMaxBuf is what maxbuf means when it is absent.
const defaultMaxBuf = 65536

// Respond answers the server's challenge.
func (d *Digest) Respond(challenge []byte) ([]byte, error) {
	c, err := parseDirectives(string(challenge))
	if err != nil {
		return nil, err
	}
	if c["nonce"] == "" || c["algorithm"] != "md5-sess" {
		return nil, fmt.Errorf("%w: DIGEST-MD5 challenge without nonce or with algorithm %q", ErrProtocol, c["algorithm"])
	}
	s := &session{realm: c["realm"], nonce: c["nonce"], uri: d.opts.Protocol + "/" + d.opts.Server, peerMaxBuf: defaultMaxBuf}
	if s.qop, err = pickQOP(d.opts.QOPs, c["qop"]); err != nil {
		return nil, err
	}
	if s.qop == QOPConf {
		if s.cipher, err = pickCipher(c["cipher"]); err != nil {
			return nil, err
		}
	}
	if text := c["maxbuf"]; text != "" {
		if s.peerMaxBuf, err = strconv.Atoi(text); err != nil || s.peerMaxBuf <= layerOverheadBytes || s.peerMaxBuf >= 1<<24 {
			return nil, fmt.Errorf("%w: maxbuf %q", ErrProtocol, text)
		}
	}
	if s.cnonce = d.opts.cnonce; s.cnonce == "" {
		s.cnonce = newNonce()
	}
	s.ha1 = sessionKey(d.opts.Username, s.realm, d.opts.Password, s.nonce, s.cnonce)
	d.session = s
	return s.clientMessage(d.opts.Username), nil
}

// Verify checks the server's proof (rspauth) and returns the layer, nil for QOPAuth.
func (d *Digest) Verify(final []byte) (Layer, error) {
	if d.session == nil {
		return nil, fmt.Errorf("%w: end of DIGEST-MD5 before its challenge", ErrProtocol)
	}
	f, err := parseDirectives(string(final))
	if err != nil {
		return nil, err
	}
	want := d.session.proof("")
	if subtle.ConstantTimeCompare([]byte(f["rspauth"]), []byte(want)) != 1 {
		return nil, fmt.Errorf("%w: rspauth of the server", ErrProof)
	}
	return d.session.layer(true)
}

// session is what both sides of an exchange agree on.
type session struct {
	realm, nonce, cnonce, uri string
	qop                       QOP
	cipher                    string // with QOPConf
	peerMaxBuf                int    // largest packet the peer takes
	ha1                       [md5.Size]byte
}

const nonceCount = "00000001" // a nonce is used once

// sessionKey is H(A1) of md5-sess.
func sessionKey(user, realm, password, nonce, cnonce string) [md5.Size]byte {
	inner := md5.Sum([]byte(user + ":" + realm + ":" + password))
	return md5.Sum([]byte(string(inner[:]) + ":" + nonce + ":" + cnonce))
}

// proof computes response (prefix AUTHENTICATE) or rspauth (empty prefix).
func (s *session) proof(prefix string) string {
	a2 := prefix + ":" + s.uri
	if s.qop != QOPAuth {
		a2 += ":" + strings.Repeat("0", 32)
	}
	return hexMD5(strings.Join([]string{hex.EncodeToString(s.ha1[:]), s.nonce, nonceCount, s.cnonce, string(s.qop), hexMD5(a2)}, ":"))
}

func (s *session) clientMessage(user string) []byte {
	parts := []string{
		"charset=utf-8", "username=" + quote(user), "realm=" + quote(s.realm), "nonce=" + quote(s.nonce), "nc=" + nonceCount,
		"cnonce=" + quote(s.cnonce), "digest-uri=" + quote(s.uri), "maxbuf=" + strconv.Itoa(defaultMaxBuf),
		"response=" + s.proof("AUTHENTICATE"), "qop=" + string(s.qop),
	}
	if s.cipher != "" {
		parts = append(parts, "cipher="+quote(s.cipher))
	}
	return []byte(strings.Join(parts, ","))
}

// pickQOP takes the first of our choices that the server offers.
func pickQOP(ours []QOP, offered string) (QOP, error) {
	theirs := splitList(offered)
	if len(theirs) == 0 {
		theirs = []string{string(QOPAuth)}
	}
	for _, q := range ours {
		if slices.Contains(theirs, string(q)) {
			return q, nil
		}
	}
	return "", fmt.Errorf("%w: we accept protection %v, the server %v (hadoop.rpc.protection)", ErrNoMechanism, ours, theirs)
}

// pickCipher takes the strongest cipher that the server offers.
func pickCipher(offered string) (string, error) {
	theirs := splitList(offered)
	for _, c := range cipherOrder {
		if slices.Contains(theirs, c) {
			return c, nil
		}
	}
	return "", fmt.Errorf("%w: no known cipher among %v", ErrNoMechanism, theirs)
}

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func newNonce() string {
	var b [30]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return base64.StdEncoding.EncodeToString(b[:])
}
