package sasl

import (
	"errors"
	"io"
	"testing"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
)

// script answers a client's messages one by one.
type script struct {
	answers []*pb.RpcSaslProto
	sent    []*pb.RpcSaslProto
}

func (s *script) Send(m *pb.RpcSaslProto) error {
	s.sent = append(s.sent, proto.CloneOf(m))
	return nil
}

func (s *script) Receive() (*pb.RpcSaslProto, error) {
	if len(s.answers) == 0 {
		return nil, io.EOF
	}
	m := s.answers[0]
	s.answers = s.answers[1:]
	return m, nil
}

func offer(method, mechanism string) *pb.RpcSaslProto_SaslAuth {
	return &pb.RpcSaslProto_SaslAuth{Method: &method, Mechanism: &mechanism, Protocol: proto.String(""), ServerId: proto.String("default"),
		Challenge: []byte(`realm="default",nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess`)}
}

func negotiation(auths ...*pb.RpcSaslProto_SaslAuth) *pb.RpcSaslProto {
	return &pb.RpcSaslProto{State: pb.RpcSaslProto_NEGOTIATE.Enum(), Auths: auths}
}

func TestTrap02_InitiateEchoesTheOfferWithoutItsChallenge(t *testing.T) {
	s := &script{answers: []*pb.RpcSaslProto{negotiation(offer("TOKEN", "DIGEST-MD5"))}}
	_, err := Negotiate(s, []Mechanism{NewToken(token.Token{})})
	if !errors.Is(err, io.EOF) || len(s.sent) != 2 {
		t.Fatalf("%v after %v", err, s.sent)
	}
	init := s.sent[1]
	if init.GetState() != pb.RpcSaslProto_INITIATE || len(init.Token) == 0 || len(init.Auths) != 1 {
		t.Fatalf("sent %v", init)
	}
	echo := init.Auths[0]
	if echo.Challenge != nil || echo.Protocol == nil || echo.GetProtocol() != "" || echo.GetServerId() != "default" {
		t.Errorf("echo %v: the empty protocol must be present, the challenge absent", echo)
	}
}

func TestTrap02_SimpleKeepsAbsentFieldsAbsent(t *testing.T) {
	s := &script{answers: []*pb.RpcSaslProto{negotiation(&pb.RpcSaslProto_SaslAuth{Method: proto.String("SIMPLE"), Mechanism: proto.String("")})}}
	out, err := Negotiate(s, []Mechanism{Simple{}})
	if err != nil || out.Method != MethodSimple || out.Layer != nil || len(s.sent) != 2 {
		t.Fatalf("%+v, %v, sent %v", out, err, s.sent)
	}
	if a := s.sent[1].Auths[0]; a.Protocol != nil || a.ServerId != nil || s.sent[1].Token != nil {
		t.Errorf("sent %v", s.sent[1])
	}
}

func TestTheServersOrderDecides(t *testing.T) {
	s := &script{answers: []*pb.RpcSaslProto{negotiation(
		offer("KERBEROS", "GSSAPI"), offer("TOKEN", "SCRAM-SHA-256"), offer("SIMPLE", ""), offer("TOKEN", "DIGEST-MD5"))}}
	out, err := Negotiate(s, []Mechanism{NewToken(token.Token{}), Simple{}})
	if err != nil || out.Method != MethodSimple {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestNegotiationsThatMustFail(t *testing.T) {
	success := &pb.RpcSaslProto{State: pb.RpcSaslProto_SUCCESS.Enum()}
	challenge := &pb.RpcSaslProto{State: pb.RpcSaslProto_CHALLENGE.Enum(), Token: []byte("x")}
	for name, c := range map[string]struct {
		answers []*pb.RpcSaslProto
		want    error
	}{
		"nothing we have":            {[]*pb.RpcSaslProto{negotiation(offer("KERBEROS", "GSSAPI"))}, ErrNoMechanism},
		"token by another mechanism": {[]*pb.RpcSaslProto{negotiation(offer("TOKEN", "SCRAM-SHA-256"))}, ErrNoMechanism},
		"no authentication":          {[]*pb.RpcSaslProto{success}, ErrDowngrade},
		"challenge first":            {[]*pb.RpcSaslProto{challenge}, ErrProtocol},
		"success without proof":      {[]*pb.RpcSaslProto{negotiation(offer("TOKEN", "DIGEST-MD5")), success}, ErrProof},
		"second challenge":           {[]*pb.RpcSaslProto{negotiation(offer("TOKEN", "DIGEST-MD5")), challenge}, ErrProtocol},
		"negotiation again":          {[]*pb.RpcSaslProto{negotiation(offer("TOKEN", "DIGEST-MD5")), negotiation()}, ErrProtocol},
	} {
		_, err := Negotiate(&script{answers: c.answers}, []Mechanism{NewToken(token.Token{})})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
