package hdfs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
)

// bridge is the net.Conn that the library, which only reads, takes for its NameNode:
//
//	library                     bridge                     yarnrpc.Client
//	Write: preamble, context -> swallowed
//	Write: one request frame -> Call(method, message)   -> failover, retries, SASL
//	Read:  one answer frame  <- made from the answer    <- or the Read fails with
//	                                                       the error as it is
//
// The library makes one call at a time and writes each frame in one Write. An
// error of the NameNode is not turned into a frame but returned by Read: the
// library hands such errors through untouched, so that their class survives.
type bridge struct {
	rpc    yarnrpc.Caller
	ctx    context.Context // ends with the lane; the library knows no contexts
	cancel context.CancelFunc
	setup  int          // frames of the connection set-up seen so far
	answer bytes.Buffer // what Read still has to give
	failed error        // what Read has to fail with

	inode atomic.Pointer[string] // path by inode of the file being read; nil: by name
}

var _ net.Conn = (*bridge)(nil)

// newBridge returns a bridge whose calls end when Close is called.
func newBridge(rpc yarnrpc.Caller) *bridge {
	ctx, cancel := context.WithCancel(context.Background())
	return &bridge{rpc: rpc, ctx: ctx, cancel: cancel}
}

// Write takes one frame, makes the call and waits for its answer.
func (b *bridge) Write(p []byte) (int, error) {
	if b.setup < 2 { // the preamble, the connection context
		b.setup++
		return len(p), nil
	}
	b.answer.Reset()
	b.failed = b.call(p)
	return len(p), nil
}

func (b *bridge) call(p []byte) error {
	r := bytes.NewReader(p)
	frame, err := hrpc.ReadFrame(r, hrpc.MaxFrameBytes)
	if err == nil && r.Len() > 0 {
		err = fmt.Errorf("%d bytes after the frame", r.Len())
	}
	if err != nil {
		return fmt.Errorf("bridge to namenode: %w", err)
	}
	req, err := hrpc.ParseRequest(frame)
	if err != nil {
		return fmt.Errorf("bridge to namenode: %w", err)
	}
	resp := &emptypb.Empty{}        // keeps fields that it does not know as they came
	if req.Method != "renewLease" { // the library renews each second, though it holds no lease
		msg := &emptypb.Empty{}
		if err := req.Decode(msg); err != nil {
			return fmt.Errorf("bridge to namenode: %w", err)
		}
		b.amend(req.Method, msg)
		if err := b.rpc.Call(b.ctx, req.Method, msg, resp); err != nil {
			return err
		}
	}
	out, err := hrpc.AppendResponse(nil, hrpc.Response{CallID: req.ID, ClientID: req.ClientID}, resp)
	if err != nil {
		return fmt.Errorf("bridge to namenode: %w", err)
	}
	b.answer.Write(out)
	return nil
}

// amend changes a request that the library gives no choice about. Of a field
// given twice the last one counts, so the new value is appended.
//
//	getBlockLocations  GetBlockLocationsRequestProto.src, field 1: the library asks by
//	                   name, late, when another file may have the name
func (b *bridge) amend(method string, req *emptypb.Empty) {
	inode := b.inode.Load()
	if method != "getBlockLocations" || inode == nil {
		return
	}
	m := req.ProtoReflect()
	m.SetUnknown(protowire.AppendString(protowire.AppendTag(m.GetUnknown(), 1, protowire.BytesType), *inode))
}

// Read gives the answer of the last call.
func (b *bridge) Read(p []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed
	}
	if b.answer.Len() == 0 {
		return 0, io.ErrNoProgress // the library reads only what it asked for
	}
	return b.answer.Read(p)
}

// Close ends the calls under way.
func (b *bridge) Close() error {
	b.cancel()
	return nil
}

// bridgeAddr is both ends of a bridge.
type bridgeAddr struct{}

func (bridgeAddr) Network() string { return "bridge" }
func (bridgeAddr) String() string  { return "namenode" }

// LocalAddr implements net.Conn.
func (b *bridge) LocalAddr() net.Addr { return bridgeAddr{} }

// RemoteAddr implements net.Conn.
func (b *bridge) RemoteAddr() net.Addr { return bridgeAddr{} }

// SetDeadline implements net.Conn; the deadlines are those of yarnrpc.Options.
func (b *bridge) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn, see SetDeadline.
func (b *bridge) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn, see SetDeadline.
func (b *bridge) SetWriteDeadline(time.Time) error { return nil }
