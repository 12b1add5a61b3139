package hrpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// Status says whether a call succeeded (RpcStatusProto).
type Status int

// The statuses of an answer.
const (
	StatusSuccess Status = 0
	StatusError   Status = 1 // the call failed; the connection stays usable
	StatusFatal   Status = 2 // the server closes the connection
)

// Response is one frame from a server.
type Response struct {
	// CallID tells which call it answers; answers come in any order. Negative: see CallAuthFailed and the others.
	CallID int32
	Status Status
	// Exception is the Java class of the error, nested classes with a $. Empty on success.
	Exception string
	// Message is the exception's text, followed by a Java stack trace in further lines.
	Message string
	// Detail is the server's RpcErrorCodeProto, 0 if none.
	Detail int32
	// ClientID is the id of the client that called, if the server repeats it.
	ClientID []byte
	// Body is the response message, still delimited; see Decode.
	Body []byte
}

// ParseResponse decodes the header of a server's frame.
func ParseResponse(frame []byte) (Response, error) {
	var h pb.RpcResponseHeaderProto
	rest, err := readMessage(frame, &h)
	if err != nil {
		return Response{}, fmt.Errorf("parse response: %w", err)
	}
	return Response{
		CallID:    int32(h.GetCallId()), // a negative id comes as its 32 bits
		Status:    Status(h.GetStatus()),
		Exception: h.GetExceptionClassName(),
		Message:   h.GetErrorMsg(),
		Detail:    h.GetErrorDetail(),
		ClientID:  h.ClientId,
		Body:      rest,
	}, nil
}

// Decode decodes the response message. A nil message is skipped.
func (r Response) Decode(into proto.Message) error {
	if into == nil {
		return nil
	}
	if _, err := readMessage(r.Body, into); err != nil {
		return fmt.Errorf("parse response: %w", err)
	}
	return nil
}

// AppendResponse appends a server's frame. message is nil for errors; Body is not used.
func AppendResponse(dst []byte, r Response, message proto.Message) ([]byte, error) {
	status := pb.RpcResponseHeaderProto_RpcStatusProto(r.Status)
	h := &pb.RpcResponseHeaderProto{
		CallId: proto.Uint32(uint32(r.CallID)), Status: &status, ServerIpcVersionNum: proto.Uint32(ipcVersion), ClientId: r.ClientID,
	}
	if r.Status != StatusSuccess {
		h.ExceptionClassName, h.ErrorMsg = &r.Exception, &r.Message
		if r.Detail != 0 {
			h.ErrorDetail = &r.Detail
		}
	}
	return appendFrame(dst, func(b []byte) ([]byte, error) {
		if message == nil {
			return appendMessages(b, h)
		}
		return appendMessages(b, h, message)
	})
}
