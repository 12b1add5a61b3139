package hdfs

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	lib "github.com/colinmarc/hdfs/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/nn"
)

// namenode is a Caller that answers by a function and remembers the methods.
type namenode struct {
	answer func(method string, req []byte) (resp []byte, err error)

	mu      sync.Mutex
	methods []string
}

func (n *namenode) Call(ctx context.Context, method string, req, resp proto.Message) error {
	raw, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.methods = append(n.methods, method)
	n.mu.Unlock()
	out, err := n.answer(method, raw)
	if err == nil {
		err = proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(out, resp)
	}
	return err
}

// library is a client of the library at the end of a bridge to n.
func library(t *testing.T, n *namenode) (*lib.Client, *bridge) {
	t.Helper()
	b := newBridge(n)
	c, err := lib.NewClient(lib.ClientOptions{
		Addresses: []string{"namenode"}, User: "alice",
		NamenodeDialFunc: func(context.Context, string, string) (net.Conn, error) { return b, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Close()
		c.Close()
	})
	return c, b
}

func TestBridgeReturnsErrorsAsTheyAre(t *testing.T) {
	for _, want := range []error{
		yarnrpc.NewRemoteError("org.apache.hadoop.security.AccessControlException", "Permission denied: user=alice\n\tat x", "getFileInfo", "nn1:8020", true),
		&yarnrpc.TransportError{Method: "getFileInfo", Address: "nn1:8020", Sent: true, Err: errors.New("connection reset")},
	} {
		c, _ := library(t, &namenode{answer: func(string, []byte) ([]byte, error) { return nil, want }})
		for range 2 { // the connection stays usable
			if _, err := c.Stat("/x"); !errors.Is(err, want) {
				t.Errorf("Stat = %v; want the very error %v", err, want)
			}
		}
	}
}

func TestLibraryRenewsNoLease(t *testing.T) {
	n := &namenode{answer: func(method string, _ []byte) ([]byte, error) { return nil, errors.New("unexpected call of " + method) }}
	b := newBridge(n)
	defer b.Close()
	req := &emptypb.Empty{}
	frame, err := hrpc.AppendRequest(nil, nn.Protocol, hrpc.Call{ID: 1}, "renewLease", req)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.call(frame); err != nil || len(n.methods) > 0 {
		t.Errorf("renewLease of the library: %v, calls that went out: %v", err, n.methods)
	}
}
