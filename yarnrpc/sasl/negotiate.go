package sasl

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// QOP is a quality of protection (hadoop.rpc.protection), in the words of SASL.
type QOP string

// The qualities of protection.
const (
	QOPAuth QOP = "auth"      // authentication only
	QOPInt  QOP = "auth-int"  // every frame carries a checksum
	QOPConf QOP = "auth-conf" // every frame is encrypted
)

// ParseQOPs reads hadoop.rpc.protection: authentication, integrity, privacy, separated by commas, best first. Empty
// means authentication.
func ParseQOPs(protection string) ([]QOP, error) {
	words := splitList(protection)
	if len(words) == 0 {
		return []QOP{QOPAuth}, nil
	}
	names := map[string]QOP{"authentication": QOPAuth, "integrity": QOPInt, "privacy": QOPConf}
	out := make([]QOP, len(words))
	for i, w := range words {
		q, ok := names[w]
		if !ok {
			return nil, fmt.Errorf("parse hadoop.rpc.protection %q: %q is none of authentication, integrity, privacy", protection, w)
		}
		out[i] = q
	}
	return out, nil
}

// Names of authentication methods, as the wire spells them (SaslRpcServer.AuthMethod).
const (
	MethodSimple   = "SIMPLE"
	MethodToken    = "TOKEN"
	MethodKerberos = "KERBEROS"
)

// Offer is one way that the server accepts.
type Offer struct {
	Protocol  string // first half of the service name; empty with TOKEN
	ServerID  string // second half: the host, or "default" with TOKEN
	Challenge []byte // the mechanism's first challenge, if the server sent it along
}

// Mechanism authenticates one connection. Calls come in this order: Start, any number of Step, Finish. It has four methods
// because choosing a mechanism and the three moments of its exchange are inseparable.
type Mechanism interface {
	// Names returns the method and the SASL mechanism, e.g. TOKEN and DIGEST-MD5. An offer must match both.
	Names() (method, mechanism string)
	// Start returns the first response to an offer.
	Start(Offer) (response []byte, err error)
	// Step answers a further challenge.
	Step(challenge []byte) (response []byte, err error)
	// Finish verifies the server's last token, which may be nil, and returns the agreed layer: nil if frames travel
	// plain from now on.
	Finish(final []byte) (Layer, error)
}

// Layer protects the frames of an authenticated connection. It is not safe for concurrent use; Wrap and Unwrap are
// independent of each other.
type Layer interface {
	// Wrap protects one piece of at most Limit bytes. The result is fresh memory.
	Wrap(plain []byte) ([]byte, error)
	// Unwrap checks and opens one packet, in the order of sending. The result is fresh memory.
	Unwrap(packet []byte) ([]byte, error)
	// Limit is the largest piece, in bytes, that the peer is bound to accept.
	Limit() int
}

// Exchange carries SASL messages to and from the peer.
type Exchange interface {
	Send(*pb.RpcSaslProto) error
	Receive() (*pb.RpcSaslProto, error)
}

// Outcome is what a negotiation settled.
type Outcome struct {
	// Method that was used: MethodSimple, MethodToken, MethodKerberos.
	Method string
	// Layer for all further frames; nil: plain frames.
	Layer Layer
}

var (
	// ErrNoMechanism: the server accepts nothing that we have credentials for.
	ErrNoMechanism = errors.New("the server accepts no authentication that we have credentials for")
	// ErrDowngrade: the server wants no authentication at all, and we were not told to accept that
	// (ipc.client.fallback-to-simple-auth-allowed).
	ErrDowngrade = errors.New("the server switched to SIMPLE authentication, which is not allowed here")
	// ErrProtocol: the peer broke the rules of the exchange.
	ErrProtocol = errors.New("SASL exchange out of order")
	// ErrProof: the peer could not prove that it knows the secret, or a packet was altered.
	ErrProof = errors.New("SASL proof is wrong")
)

// Negotiate authenticates over x with the first of the server's offers that one of the mechanisms matches. The preamble
// with AuthSASL has been sent; the connection context has not.
func Negotiate(x Exchange, mechanisms []Mechanism) (Outcome, error) {
	if err := x.Send(&pb.RpcSaslProto{State: pb.RpcSaslProto_NEGOTIATE.Enum()}); err != nil {
		return Outcome{}, err
	}
	m, err := x.Receive()
	if err != nil {
		return Outcome{}, err
	}
	if m.GetState() == pb.RpcSaslProto_SUCCESS {
		return acceptSimple(mechanisms)
	}
	if m.GetState() != pb.RpcSaslProto_NEGOTIATE {
		return Outcome{}, fmt.Errorf("%w: %v instead of NEGOTIATE", ErrProtocol, m.GetState())
	}
	mech, auth := choose(mechanisms, m.Auths)
	if mech == nil {
		return Outcome{}, fmt.Errorf("%w: it offers %v", ErrNoMechanism, describe(m.Auths))
	}
	if auth.GetMethod() == MethodSimple {
		return Outcome{Method: MethodSimple}, x.Send(initiate(auth, nil))
	}
	layer, err := run(x, mech, auth)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", auth.GetMethod(), err)
	}
	return Outcome{Method: auth.GetMethod(), Layer: layer}, nil
}

// run speaks the chosen mechanism to its end.
func run(x Exchange, mech Mechanism, auth *pb.RpcSaslProto_SaslAuth) (Layer, error) {
	first, err := mech.Start(Offer{auth.GetProtocol(), auth.GetServerId(), auth.Challenge})
	if err != nil {
		return nil, err
	}
	if err := x.Send(initiate(auth, first)); err != nil {
		return nil, err
	}
	for {
		m, err := x.Receive()
		if err != nil {
			return nil, err
		}
		switch m.GetState() {
		case pb.RpcSaslProto_SUCCESS:
			return mech.Finish(m.Token)
		case pb.RpcSaslProto_CHALLENGE:
			response, err := mech.Step(m.Token)
			if err != nil {
				return nil, err
			}
			if response == nil {
				response = []byte{} // an empty response must be present on the wire
			}
			if err := x.Send(&pb.RpcSaslProto{State: pb.RpcSaslProto_RESPONSE.Enum(), Token: response}); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%w: %v while authenticating", ErrProtocol, m.GetState())
		}
	}
}

// initiate echoes the chosen auth exactly as the server sent it, presence of empty fields included, but without its
// challenge: the server compares.
func initiate(auth *pb.RpcSaslProto_SaslAuth, first []byte) *pb.RpcSaslProto {
	echo := proto.CloneOf(auth)
	echo.Challenge = nil
	return &pb.RpcSaslProto{State: pb.RpcSaslProto_INITIATE.Enum(), Token: first, Auths: []*pb.RpcSaslProto_SaslAuth{echo}}
}

// choose takes the first offer, in the server's order, that some mechanism matches by both names.
func choose(mechanisms []Mechanism, auths []*pb.RpcSaslProto_SaslAuth) (Mechanism, *pb.RpcSaslProto_SaslAuth) {
	for _, a := range auths {
		for _, m := range mechanisms {
			if method, name := m.Names(); method == a.GetMethod() && name == a.GetMechanism() {
				return m, a
			}
		}
	}
	return nil, nil
}

func acceptSimple(mechanisms []Mechanism) (Outcome, error) {
	for _, m := range mechanisms {
		if method, _ := m.Names(); method == MethodSimple {
			return Outcome{Method: MethodSimple}, nil
		}
	}
	return Outcome{}, ErrDowngrade
}

func describe(auths []*pb.RpcSaslProto_SaslAuth) []string {
	out := make([]string, len(auths))
	for i, a := range auths {
		out[i] = a.GetMethod() + "/" + a.GetMechanism()
	}
	return out
}
