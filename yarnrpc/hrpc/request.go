package hrpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// Call ids with a meaning of their own (RpcConstants). They are negative; calls count from 0.
const (
	CallAuthFailed = -1  // from the server: refused before any call
	CallContext    = -3  // the connection context
	CallPing       = -4  // keeps the connection alive
	CallSASL       = -33 // SASL negotiation, and every frame wrapped afterwards
)

const (
	rpcKindProtobuf = 2 // RPC_PROTOCOL_BUFFER
	rpcFinalPacket  = 0 // RPC_FINAL_PACKET
	noRetryCount    = -1
)

// ClientIDBytes is the length of a client id, a UUID.
const ClientIDBytes = 16

// Protocol names the interface that a connection is for.
type Protocol struct {
	Name    string // Java name, e.g. org.apache.hadoop.yarn.api.ApplicationClientProtocolPB
	Version uint64 // 1 for every protobuf protocol
}

// Call identifies one call on the wire. The NameNode's retry cache knows a repeated call by client id and call id: a
// call sent again, on whatever connection, keeps both and raises Retry.
type Call struct {
	ID       int32  // from 0; unique among the calls of the client that are in flight
	Retry    int32  // 0 for the first try
	ClientID []byte // ClientIDBytes long
	Context  string // for audit logs; may be empty
}

func header(id int32, retry int32, clientID []byte) *pb.RpcRequestHeaderProto {
	if clientID == nil {
		clientID = []byte{}
	}
	return &pb.RpcRequestHeaderProto{
		RpcKind: proto.Int32(rpcKindProtobuf), RpcOp: proto.Int32(rpcFinalPacket),
		CallId: &id, ClientId: clientID, RetryCount: &retry,
	}
}

// AppendRequest appends the frame of a call.
func AppendRequest(dst []byte, p Protocol, c Call, method string, req proto.Message) ([]byte, error) {
	h := header(c.ID, c.Retry, c.ClientID)
	if c.Context != "" {
		h.CallerContext = &pb.RPCCallerContextProto{Context: &c.Context}
	}
	rh := &pb.RequestHeaderProto{MethodName: &method, DeclaringClassProtocolName: &p.Name, ClientProtocolVersion: &p.Version}
	return appendFrame(dst, func(b []byte) ([]byte, error) { return appendMessages(b, h, rh, req) })
}

// AppendContext appends the frame that binds a connection to a protocol and a user. It is not answered unless refused.
// user is empty with TOKEN, the plain name with SIMPLE, the whole principal with KERBEROS; realUser is set only when
// it impersonates user.
func AppendContext(dst []byte, p Protocol, clientID []byte, user, realUser string) ([]byte, error) {
	info := &pb.UserInformationProto{}
	if user != "" {
		info.EffectiveUser = &user
	}
	if realUser != "" {
		info.RealUser = &realUser
	}
	h := header(CallContext, noRetryCount, clientID)
	c := &pb.IpcConnectionContextProto{UserInfo: info, Protocol: &p.Name}
	return appendFrame(dst, func(b []byte) ([]byte, error) { return appendMessages(b, h, c) })
}

// AppendPing appends a frame that servers read and never answer.
func AppendPing(dst []byte, clientID []byte) ([]byte, error) {
	h := header(CallPing, noRetryCount, clientID)
	return appendFrame(dst, func(b []byte) ([]byte, error) { return appendMessages(b, h) })
}

// AppendSASL appends a client's SASL message, negotiation or wrapped data.
func AppendSASL(dst []byte, m *pb.RpcSaslProto) ([]byte, error) {
	h := header(CallSASL, noRetryCount, nil)
	return appendFrame(dst, func(b []byte) ([]byte, error) { return appendMessages(b, h, m) })
}

// Request is what a server reads: one frame of a client.
type Request struct {
	Call
	Method   string // of calls with ID >= 0
	Protocol Protocol
	// Body holds the parts after the headers that are already decoded, still delimited; see Decode.
	Body []byte
}

// ParseRequest decodes the headers of a client's frame, as a server must.
func ParseRequest(frame []byte) (Request, error) {
	var h pb.RpcRequestHeaderProto
	rest, err := readMessage(frame, &h)
	if err != nil {
		return Request{}, fmt.Errorf("parse request: %w", err)
	}
	if h.GetRpcKind() != rpcKindProtobuf || h.RpcOp == nil || h.GetRpcOp() != rpcFinalPacket {
		return Request{}, fmt.Errorf("parse request %d: rpcKind %v, rpcOp %v in the header", h.GetCallId(), h.RpcKind, h.RpcOp)
	}
	r := Request{Call: Call{ID: h.GetCallId(), Retry: h.GetRetryCount(), ClientID: h.ClientId, Context: h.GetCallerContext().GetContext()}, Body: rest}
	if r.ID < 0 {
		return r, nil
	}
	var rh pb.RequestHeaderProto
	if r.Body, err = readMessage(rest, &rh); err != nil {
		return Request{}, fmt.Errorf("parse request %d: %w", r.ID, err)
	}
	r.Method = rh.GetMethodName()
	r.Protocol = Protocol{rh.GetDeclaringClassProtocolName(), rh.GetClientProtocolVersion()}
	return r, nil
}

// Decode decodes the message of the request.
func (r Request) Decode(into proto.Message) error {
	if _, err := readMessage(r.Body, into); err != nil {
		return fmt.Errorf("parse request %s: %w", r.Method, err)
	}
	return nil
}
