package sasl

import (
	"encoding/base64"
	"fmt"

	"weft/yarnrpc/token"
)

// Token authenticates by a security token: DIGEST-MD5 with the token's identifier as user name and its password as
// password, both as base64 text (SaslRpcServer.encodeIdentifier, encodePassword).
type Token struct {
	tok    token.Token
	qops   []QOP
	digest *Digest
}

var _ Mechanism = (*Token)(nil)

// NewToken returns the mechanism for one connection. qops are the acceptable qualities of protection, best first; none
// means authentication only.
func NewToken(tok token.Token, qops ...QOP) *Token {
	if len(qops) == 0 {
		qops = []QOP{QOPAuth}
	}
	return &Token{tok: tok, qops: qops}
}

// Names returns TOKEN and DIGEST-MD5. Hadoop can be built to use another mechanism for tokens; such an offer is skipped.
func (t *Token) Names() (method, mechanism string) { return MethodToken, "DIGEST-MD5" }

// Start answers the challenge that came with the offer; some servers send it only after an empty INITIATE.
func (t *Token) Start(o Offer) ([]byte, error) {
	t.digest = NewDigest(DigestOptions{
		Username: base64.StdEncoding.EncodeToString(t.tok.Identifier),
		Password: base64.StdEncoding.EncodeToString(t.tok.Password),
		Protocol: o.Protocol,
		Server:   o.ServerID,
		QOPs:     t.qops,
	})
	if o.Challenge == nil {
		return nil, nil
	}
	return t.digest.Respond(o.Challenge)
}

// Step answers the challenge if it did not come with the offer. There is only one.
func (t *Token) Step(challenge []byte) ([]byte, error) {
	if t.digest == nil || t.digest.session != nil {
		return nil, fmt.Errorf("%w: second DIGEST-MD5 challenge", ErrProtocol)
	}
	return t.digest.Respond(challenge)
}

// Finish checks that the server knows the token's password, too.
func (t *Token) Finish(final []byte) (Layer, error) {
	if t.digest == nil {
		return nil, fmt.Errorf("%w: SUCCESS before INITIATE", ErrProtocol)
	}
	return t.digest.Verify(final)
}
