package token

import (
	"encoding/base64"
	"fmt"

	"weft/yarnrpc/internal/pb"
)

// Kinds of tokens, as Token.Kind spells them.
const (
	KindAMRM           = "YARN_AM_RM_TOKEN"      // ApplicationMaster to ResourceManager (AMRMTokenIdentifier)
	KindNM             = "NMToken"               // ApplicationMaster to one NodeManager (NMTokenIdentifier)
	KindContainer      = "ContainerToken"        // the right to start one container (ContainerTokenIdentifier)
	KindClientToAM     = "YARN_CLIENT_TOKEN"     // client to ApplicationMaster (ClientToAMTokenIdentifier)
	KindRMDelegation   = "RM_DELEGATION_TOKEN"   // client to ResourceManager (RMDelegationTokenIdentifier)
	KindHDFSDelegation = "HDFS_DELEGATION_TOKEN" // client to NameNode (hdfs DelegationTokenIdentifier)
	KindHDFSBlock      = "HDFS_BLOCK_TOKEN"      // client to DataNode (BlockTokenIdentifier)
	KindKMSDelegation  = "kms-dt"                // client to KMS (KMSDelegationToken)
	KindHiveDelegation = "HIVE_DELEGATION_TOKEN" // client to metastore (hive DelegationTokenIdentifier)
	KindHBaseAuth      = "HBASE_AUTH_TOKEN"      // client to HBase (AuthenticationTokenIdentifier)
)

// Token is one security token (org.apache.hadoop.security.token.Token): a public identifier and a password that the
// issuing service derived from it.
type Token struct {
	// Identifier is what the token speaks for; see the identifier types of this package. Pass it on unchanged.
	Identifier []byte
	// Password proves the right to use the token. Secret.
	Password []byte
	// Kind says which service issued the token, e.g. KindAMRM.
	Kind string
	// Service says where the token is valid: "ip:port", "ha-hdfs:<nameservice>", a comma list, or empty.
	Service string
}

// String shows kind and service and masks the rest.
func (t Token) String() string { return fmt.Sprintf("%s for %q (password ***)", t.Kind, t.Service) }

// GoString is String, so that %#v shows no secret either.
func (t Token) GoString() string { return t.String() }

// Equal tells whether both tokens have the same bytes, kind and service.
func (t Token) Equal(u Token) bool {
	return string(t.Identifier) == string(u.Identifier) && string(t.Password) == string(u.Password) &&
		t.Kind == u.Kind && t.Service == u.Service
}

// IsZero tells whether there is no token at all.
func (t Token) IsZero() bool { return t.Equal(Token{}) }

// EncodeURL returns the token as the URL-safe text that Java's Token.encodeToUrlString makes (WebHDFS, Hive).
func (t Token) EncodeURL() string {
	return base64.RawURLEncoding.EncodeToString(appendToken(nil, t))
}

// DecodeURL reads what Token.encodeToUrlString of Java writes; padding is accepted.
func DecodeURL(s string) (Token, error) {
	for len(s) > 0 && s[len(s)-1] == '=' {
		s = s[:len(s)-1]
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Token{}, fmt.Errorf("decode token text: %w", err)
	}
	r := reader{buf: raw}
	t := r.token()
	if r.err != nil {
		return Token{}, fmt.Errorf("decode token text: %w", r.err)
	}
	return t, nil
}

// FromProto converts the wire form (TokenProto); nil gives the zero Token.
func FromProto(p *pb.TokenProto) Token {
	if p == nil {
		return Token{}
	}
	return Token{Identifier: p.GetIdentifier(), Password: p.GetPassword(), Kind: p.GetKind(), Service: p.GetService()}
}

// Proto converts to the wire form (TokenProto). All four fields are required there and therefore always set.
func (t Token) Proto() *pb.TokenProto {
	identifier, password := t.Identifier, t.Password
	if identifier == nil {
		identifier = []byte{}
	}
	if password == nil {
		password = []byte{}
	}
	return &pb.TokenProto{Identifier: identifier, Password: password, Kind: &t.Kind, Service: &t.Service}
}
