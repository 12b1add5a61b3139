package sasl

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DigestAcceptor is the server's side of one DIGEST-MD5 exchange. Clients have no use for it: it is what yarntest
// authenticates them with.
type DigestAcceptor struct {
	// QOPs that are offered.
	QOPs []QOP
	// Ciphers offered with QOPConf; empty means all.
	Ciphers []string
	// URI is the digest-uri that clients must use, e.g. "/default".
	URI string
	// Password looks up a user's password; false refuses the user.
	Password func(username string) (password string, ok bool)

	nonce string
}

const acceptorRealm = "default"

// Challenge starts the exchange, in the JDK's form.
func (a *DigestAcceptor) Challenge() []byte {
	if a.nonce == "" {
		a.nonce = newNonce()
	}
	qops := make([]string, len(a.QOPs))
	for i, q := range a.QOPs {
		qops[i] = string(q)
	}
	s := fmt.Sprintf("realm=%s,nonce=%s,qop=%s,charset=utf-8", quote(acceptorRealm), quote(a.nonce), quote(strings.Join(qops, ",")))
	if slices.Contains(a.QOPs, QOPConf) {
		s += ",cipher=" + quote(strings.Join(a.ciphers(), ","))
	}
	return []byte(s + ",algorithm=md5-sess")
}

func (a *DigestAcceptor) ciphers() []string {
	if len(a.Ciphers) == 0 {
		return cipherOrder
	}
	return a.Ciphers
}

// Accept checks a client's response. It returns the user, the proof to send back with SUCCESS, and the server's end of
// the layer, nil for QOPAuth.
func (a *DigestAcceptor) Accept(response []byte) (user string, final []byte, layer Layer, err error) {
	d, err := parseDirectives(string(response))
	if err != nil {
		return "", nil, nil, err
	}
	s := &session{realm: d["realm"], nonce: d["nonce"], cnonce: d["cnonce"], uri: d["digest-uri"], qop: QOP(d["qop"]), peerMaxBuf: defaultMaxBuf}
	if err := a.check(d, s); err != nil {
		return "", nil, nil, err
	}
	password, ok := a.Password(d["username"])
	if !ok {
		return "", nil, nil, fmt.Errorf("%w: unknown user", ErrProof)
	}
	s.ha1 = sessionKey(d["username"], s.realm, password, s.nonce, s.cnonce)
	if subtle.ConstantTimeCompare([]byte(d["response"]), []byte(s.proof("AUTHENTICATE"))) != 1 {
		return "", nil, nil, fmt.Errorf("%w: response of the client", ErrProof)
	}
	layer, err = s.layer(false)
	return d["username"], []byte("rspauth=" + s.proof("")), layer, err
}

// check compares the client's choices with what was offered.
func (a *DigestAcceptor) check(d directives, s *session) error {
	if s.realm != acceptorRealm || s.nonce != a.nonce || s.uri != a.URI || d["nc"] != nonceCount || s.cnonce == "" {
		return fmt.Errorf("%w: realm, nonce, count or uri of the client", ErrProof)
	}
	if !slices.Contains(a.QOPs, s.qop) {
		return fmt.Errorf("%w: protection %q was not offered", ErrProof, s.qop)
	}
	if s.qop == QOPConf {
		if s.cipher = d["cipher"]; !slices.Contains(a.ciphers(), s.cipher) {
			return fmt.Errorf("%w: cipher %q was not offered", ErrProof, s.cipher)
		}
	}
	if text := d["maxbuf"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= layerOverheadBytes || n >= 1<<24 {
			return fmt.Errorf("%w: maxbuf %q", ErrProtocol, text)
		}
		s.peerMaxBuf = n
	}
	return nil
}
