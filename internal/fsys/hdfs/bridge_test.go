package hdfs

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	lib "github.com/colinmarc/hdfs/v2"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
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

// createdFlags reads field 4 of a CreateRequestProto as a Java server does.
func createdFlags(t *testing.T, req []byte) (flags uint64) {
	t.Helper()
	for len(req) > 0 {
		num, typ, n := protowire.ConsumeTag(req)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		req = req[n:]
		if num == 4 && typ == protowire.VarintType {
			flags, _ = protowire.ConsumeVarint(req)
		}
		req = req[protowire.ConsumeFieldValue(num, typ, req):]
	}
	return flags
}

func TestBridgeSetsCreateFlags(t *testing.T) {
	var flags uint64
	refused := errors.New("refused")
	c, b := library(t, &namenode{answer: func(method string, req []byte) ([]byte, error) {
		if method == "create" {
			flags = createdFlags(t, req)
		}
		return nil, refused
	}})
	for overwrite, want := range map[bool]uint64{false: flagCreate | flagReplicate, true: flagCreate | flagOverwrite | flagReplicate} {
		b.overwrite.Store(overwrite)
		if _, err := c.CreateFile("/x", 1, 1<<20, 0o644); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if flags != want {
			t.Errorf("overwrite %v: flags %#x; want %#x", overwrite, flags, want)
		}
	}
}

func TestLeaseIsRenewedOnlyWhileAFileIsWritten(t *testing.T) {
	b := newBridge(nil)
	if b.passes("renewLease") {
		t.Error("an idle lane renews its lease")
	}
	b.writing.Store(true)
	if !b.passes("renewLease") {
		t.Error("a lane with an open file does not renew its lease")
	}
	if b.passes("renewLease") {
		t.Error("the lease is renewed again at once")
	}
	b.renewedAt = time.Now().Add(-renewEvery - time.Second)
	if !b.passes("renewLease") {
		t.Errorf("the lease is not renewed after %v", renewEvery)
	}
	if !b.passes("addBlock") {
		t.Error("other calls do not pass")
	}
}

func TestAbortedFileIsNotCompleted(t *testing.T) {
	// CreateResponseProto{fs: HdfsFileStatusProto{}} without its required fields
	// would be refused; this one has them, all zero.
	status := []byte{0x08, 2, 0x12, 0, 0x18, 0, 0x22, 2, 0x08, 0, 0x2a, 0, 0x32, 0, 0x38, 0, 0x40, 0}
	n := &namenode{answer: func(method string, _ []byte) ([]byte, error) {
		switch method {
		case "create":
			return append([]byte{0x0a, byte(len(status))}, status...), nil
		case "complete":
			return []byte{0x08, 1}, nil
		}
		return nil, errors.New("unexpected call of " + method)
	}}
	c, b := library(t, n)
	w, err := c.CreateFile("/x", 1, 1<<20, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	b.aborted.Store(true)
	if err := w.Close(); !errors.Is(err, errAborted) {
		t.Errorf("close of an aborted file = %v; want it refused", err)
	}
	if slices.Contains(n.methods, "complete") {
		t.Error("complete reached the NameNode")
	}
}
