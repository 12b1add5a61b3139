package yarntest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/sasl"
)

// login reads the preamble, authenticates the client and reads its context.
func (p *peer) login() error {
	var preamble [hrpc.PreambleBytes]byte
	if _, err := io.ReadFull(p.in, preamble[:]); err != nil {
		return err
	}
	auth, err := hrpc.ParsePreamble(preamble[:])
	if err != nil {
		return err
	}
	p.server.mu.Lock()
	policy := p.server.policy
	p.server.mu.Unlock()
	if auth == hrpc.AuthSASL {
		err = p.authenticate(policy)
	} else if !policy.Simple {
		err = Exception{Class: "org.apache.hadoop.security.AccessControlException", Message: "SIMPLE authentication is not enabled.  Available:[TOKEN]"}
	}
	if err != nil {
		return err
	}
	return p.readContext()
}

// readContext reads the frame that every connection begins its calls with.
func (p *peer) readContext() error {
	frame, err := p.readFrame()
	if err != nil {
		return err
	}
	r, err := hrpc.ParseRequest(frame)
	if err != nil {
		return err
	}
	var c pb.IpcConnectionContextProto
	if err := r.Decode(&c); err != nil {
		return err
	}
	user := c.GetUserInfo().GetEffectiveUser()
	switch {
	case r.ID != hrpc.CallContext || c.GetProtocol() != p.server.protocol.Name:
		p.server.t.Errorf("client sent call %d for %q instead of its context", r.ID, c.GetProtocol())
	case p.user != "" && user != "" && user != p.user:
		return Exception{Class: "org.apache.hadoop.security.authorize.AuthorizationException", Message: "User: " + p.user + " is not allowed to impersonate " + user}
	case p.user == "":
		p.user = user
	}
	return nil
}

func (p *peer) receive() (*pb.RpcSaslProto, error) {
	frame, err := hrpc.ReadFrame(p.in, hrpc.MaxFrameBytes)
	if err != nil {
		return nil, err
	}
	r, err := hrpc.ParseRequest(frame)
	if err != nil {
		return nil, err
	}
	if r.ID != hrpc.CallSASL || len(r.ClientID) != 0 {
		return nil, fmt.Errorf("call %d with client id % x while authenticating", r.ID, r.ClientID)
	}
	m := new(pb.RpcSaslProto)
	return m, r.Decode(m)
}

func (p *peer) reply(m *pb.RpcSaslProto) { p.send(hrpc.Response{CallID: hrpc.CallSASL}, m) }

// authenticate plays the server of the SASL exchange.
func (p *peer) authenticate(policy Policy) error {
	m, err := p.receive()
	if err != nil {
		return err
	}
	if m.GetState() != pb.RpcSaslProto_NEGOTIATE {
		return fmt.Errorf("%v instead of NEGOTIATE", m.GetState())
	}
	if policy.Simple && policy.Password == nil {
		p.reply(&pb.RpcSaslProto{State: pb.RpcSaslProto_SUCCESS.Enum()})
		return nil
	}
	acceptor, users := p.acceptor(policy)
	offer := &pb.RpcSaslProto_SaslAuth{Method: proto.String("TOKEN"), Mechanism: proto.String("DIGEST-MD5"),
		Protocol: proto.String(""), ServerId: proto.String("default"), Challenge: acceptor.Challenge()}
	auths := []*pb.RpcSaslProto_SaslAuth{offer}
	if policy.Simple {
		auths = append(auths, &pb.RpcSaslProto_SaslAuth{Method: proto.String("SIMPLE"), Mechanism: proto.String("")})
	}
	p.reply(&pb.RpcSaslProto{State: pb.RpcSaslProto_NEGOTIATE.Enum(), Auths: auths})
	if m, err = p.receive(); err != nil {
		return err
	}
	return p.accept(m, auths, acceptor, users)
}

// accept judges the client's INITIATE.
func (p *peer) accept(m *pb.RpcSaslProto, auths []*pb.RpcSaslProto_SaslAuth, acceptor *sasl.DigestAcceptor, users map[string]string) error {
	if m.GetState() != pb.RpcSaslProto_INITIATE || len(m.Auths) != 1 {
		return fmt.Errorf("%v with %d auths instead of INITIATE with one", m.GetState(), len(m.Auths))
	}
	for _, a := range auths {
		want := proto.CloneOf(a)
		want.Challenge = nil
		if !proto.Equal(want, m.Auths[0]) {
			continue
		}
		if a.GetMethod() == sasl.MethodSimple {
			return nil
		}
		return p.acceptToken(m.Token, acceptor, users)
	}
	return Exception{Class: "org.apache.hadoop.security.AccessControlException", Message: "authentication is not enabled"}
}

func (p *peer) acceptToken(response []byte, acceptor *sasl.DigestAcceptor, users map[string]string) error {
	user, final, layer, err := acceptor.Accept(response)
	if err != nil {
		return Exception{Class: invalidToken, Message: "token is not valid: " + err.Error()}
	}
	p.user = users[user]
	p.reply(&pb.RpcSaslProto{State: pb.RpcSaslProto_SUCCESS.Enum(), Token: final})
	p.layer = layer
	return nil
}

// acceptor returns the digest server of one exchange and the map that it fills: from digest user names to the names that
// tokens speak for.
func (p *peer) acceptor(policy Policy) (*sasl.DigestAcceptor, map[string]string) {
	users := map[string]string{}
	qops := policy.QOPs
	if len(qops) == 0 {
		qops = []sasl.QOP{sasl.QOPAuth}
	}
	return &sasl.DigestAcceptor{QOPs: qops, Ciphers: policy.Ciphers, URI: "/default", Password: func(name string) (string, bool) {
		identifier, err := base64.StdEncoding.DecodeString(name)
		if err != nil {
			p.server.t.Errorf("user name %q of a token is not base64", name)
			return "", false
		}
		password, user, err := policy.Password(identifier)
		if err != nil {
			p.server.t.Logf("token refused: %v", err)
			return "", false
		}
		users[name] = user
		return base64.StdEncoding.EncodeToString(password), true
	}}, users
}

// readFrame reads the client's next frame. With a layer every frame must be wrapped.
func (p *peer) readFrame() ([]byte, error) {
	if p.layer == nil {
		return hrpc.ReadFrame(p.in, hrpc.MaxFrameBytes)
	}
	return hrpc.ReadFrame((*unwrapper)(p), hrpc.MaxFrameBytes)
}

// unwrapper reads what lies in the client's WRAP messages.
type unwrapper peer

// Read implements io.Reader.
func (u *unwrapper) Read(b []byte) (int, error) {
	p := (*peer)(u)
	for len(p.plain) == 0 {
		m, err := p.receive()
		if err != nil {
			return 0, err
		}
		if m.GetState() != pb.RpcSaslProto_WRAP {
			p.server.t.Errorf("client sent %v instead of WRAP", m.GetState())
			return 0, io.ErrUnexpectedEOF
		}
		if p.plain, err = p.layer.Unwrap(m.Token); err != nil {
			p.server.t.Errorf("client sent a bad packet: %v", err)
			return 0, err
		}
	}
	n := copy(b, p.plain)
	p.plain = p.plain[n:]
	return n, nil
}

// wrap puts a frame into as many WRAP messages as the client's limit on packets asks for.
func (p *peer) wrap(frame []byte) ([]byte, error) {
	var out bytes.Buffer
	for len(frame) > 0 {
		n := min(len(frame), p.layer.Limit())
		packet, err := p.layer.Wrap(frame[:n])
		if err != nil {
			return nil, err
		}
		m := &pb.RpcSaslProto{State: pb.RpcSaslProto_WRAP.Enum(), Token: packet}
		b, err := hrpc.AppendResponse(nil, hrpc.Response{CallID: hrpc.CallSASL}, m)
		if err != nil {
			return nil, err
		}
		out.Write(b)
		frame = frame[n:]
	}
	return out.Bytes(), nil
}
