package yarnrpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/sasl"
)

// connect is the method name that errors of opening a connection carry.
const connect = "connect"

// dial opens an authenticated stream to address, within ConnectTimeout. No call has been sent when it fails.
func dial(ctx context.Context, o *Options, address string, clientID []byte) (*stream, error) {
	limit := fmt.Errorf("not connected within %v", o.ConnectTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, o.ConnectTimeout, limit)
	defer cancel()
	s, err := dialStream(ctx, o, address, clientID)
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil && context.Cause(ctx) == limit {
		err = limit
	} else if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var remote *RemoteError
	if errors.As(err, &remote) {
		return nil, remote // says by itself whom it comes from
	}
	return nil, &TransportError{Method: connect, Address: address, Err: err}
}

func dialStream(ctx context.Context, o *Options, address string, clientID []byte) (*stream, error) {
	var mechanisms []sasl.Mechanism
	if o.Auth != nil {
		var err error
		if mechanisms, err = o.Auth(ctx, address); err != nil {
			return nil, err
		}
	}
	nc, err := o.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	// The end of ctx interrupts the handshake. If it comes too late to matter, stop reports that.
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	s := newStream(nc, o.MaxFrameBytes)
	err = s.handshake(o, address, mechanisms, clientID)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return s, nil
}

// handshake sends the preamble, authenticates and binds the connection to the protocol.
func (s *stream) handshake(o *Options, address string, mechanisms []sasl.Mechanism, clientID []byte) error {
	auth, outcome := hrpc.AuthNone, sasl.Outcome{Method: sasl.MethodSimple}
	if mechanisms != nil {
		auth = hrpc.AuthSASL
	}
	if _, err := s.net.Write(hrpc.AppendPreamble(nil, auth)); err != nil {
		return err
	}
	if auth == hrpc.AuthSASL {
		var err error
		if outcome, err = sasl.Negotiate(saslExchange{s, address}, mechanisms); err != nil {
			return err
		}
	}
	user, realUser := contextUser(outcome.Method, o)
	frame, err := hrpc.AppendContext(nil, o.Protocol, clientID, user, realUser)
	if err != nil {
		return err
	}
	s.layer = outcome.Layer
	return s.writeFrame(frame)
}

// contextUser is what the context says about the caller. An authenticated server knows the name by itself, and takes any
// other text - the short name of a principal, too - as a wish to impersonate.
func contextUser(method string, o *Options) (user, realUser string) {
	if method == sasl.MethodToken || method == sasl.MethodKerberos && o.RealUser == "" {
		return "", ""
	}
	return o.User, o.RealUser
}

// saslExchange carries the negotiation in frames of the stream.
type saslExchange struct {
	*stream
	address string
}

var _ sasl.Exchange = saslExchange{}

// Send implements sasl.Exchange.
func (x saslExchange) Send(m *pb.RpcSaslProto) error {
	frame, err := hrpc.AppendSASL(nil, m)
	if err != nil {
		return err
	}
	return x.writeFrame(frame)
}

// Receive implements sasl.Exchange. A server refuses by an exception instead of a SASL message.
func (x saslExchange) Receive() (*pb.RpcSaslProto, error) {
	frame, err := x.readFrame()
	if err != nil {
		return nil, err
	}
	r, err := hrpc.ParseResponse(frame)
	if err != nil {
		return nil, err
	}
	if r.Status != hrpc.StatusSuccess {
		return nil, NewRemoteError(r.Exception, r.Message, "", x.address, true)
	}
	if r.CallID != hrpc.CallSASL {
		return nil, fmt.Errorf("%w: frame of call %d while authenticating", sasl.ErrProtocol, r.CallID)
	}
	m := new(pb.RpcSaslProto)
	return m, r.Decode(m)
}
