package hrpc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

var (
	testClient = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	testProto  = Protocol{"org.apache.hadoop.yarn.api.ApplicationClientProtocolPB", 1}
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Bytes made by an encoder independent of this package, from Hadoop's definitions.
func TestWireBytes(t *testing.T) {
	check := func(name string, got []byte, err error, want string) {
		t.Helper()
		if err != nil || !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s: %v\n got %x\nwant %s", name, err, got, want)
		}
	}
	check("preamble", AppendPreamble(nil, AuthNone), nil, "68727063090000")
	check("preamble with SASL", AppendPreamble(nil, AuthSASL), nil, "687270630900df")
	b, err := AppendContext(nil, testProto, testClient, "alice", "")
	check("context", b, err, "0000005d1a0802100018052210000102030405060708090a0b0c0d0e0f28014112070a05616c6963651a366f72672e6170616368652e6861646f6f702e7961726e2e6170692e4170706c69636174696f6e436c69656e7450726f746f636f6c5042")
	b, err = AppendRequest(nil, testProto, Call{ClientID: testClient}, "getNewApplication", &pb.GetNewApplicationRequestProto{})
	check("request", b, err, "0000006a1a0802100018002210000102030405060708090a0b0c0d0e0f28004d0a116765744e65774170706c69636174696f6e12366f72672e6170616368652e6861646f6f702e7961726e2e6170692e4170706c69636174696f6e436c69656e7450726f746f636f6c5042180100")
	b, err = AppendSASL(nil, &pb.RpcSaslProto{State: pb.RpcSaslProto_NEGOTIATE.Enum()})
	check("negotiate", b, err, "0000000e0a08021000184122002801021001")
	b, err = AppendPing(nil, testClient)
	check("ping", b, err, "0000001b1a0802100018072210000102030405060708090a0b0c0d0e0f2801")
}

func TestTrap01_EveryHeaderIsCompleteAndNegativeIDsComeAsUnsigned(t *testing.T) {
	sasl, err1 := AppendSASL(nil, &pb.RpcSaslProto{State: pb.RpcSaslProto_NEGOTIATE.Enum()})
	ping, err2 := AppendPing(nil, testClient)
	context, err3 := AppendContext(nil, testProto, testClient, "", "")
	request, err4 := AppendRequest(nil, testProto, Call{ID: 7, Retry: 2, ClientID: testClient, Context: "audit"}, "m", &pb.TokenProto{
		Identifier: []byte{}, Password: []byte{}, Kind: proto.String(""), Service: proto.String("")})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for id, frame := range map[int32][]byte{CallSASL: sasl, CallPing: ping, CallContext: context, 7: request} {
		var h pb.RpcRequestHeaderProto
		if _, err := readMessage(frame[4:], &h); err != nil {
			t.Fatal(err)
		}
		if h.RpcKind == nil || h.GetRpcKind() != 2 || h.RpcOp == nil || h.GetRpcOp() != 0 || h.GetCallId() != id || h.ClientId == nil {
			t.Errorf("call %d: header %v", id, &h)
		}
		if empty := len(h.ClientId) == 0; empty != (id == CallSASL) {
			t.Errorf("call %d: client id %x", id, h.ClientId)
		}
	}
	for id, want := range map[int32]string{CallAuthFailed: "08ffffffff0f", CallContext: "08fdffffff0f", CallPing: "08fcffffff0f", CallSASL: "08dfffffff0f"} {
		frame, err := AppendResponse(nil, Response{CallID: id, Status: StatusFatal, Exception: "x", Message: "y", Detail: 15}, nil)
		if err != nil || !bytes.Contains(frame, unhex(t, want)) {
			t.Errorf("answer %d: %x, %v", id, frame, err)
		}
		r, err := ParseResponse(frame[4:])
		if err != nil || r.CallID != id || r.Status != StatusFatal || r.Exception != "x" || r.Message != "y" || r.Detail != 15 {
			t.Errorf("answer %d read as %+v, %v", id, r, err)
		}
	}
}

func TestRequestRoundTrip(t *testing.T) {
	want := &pb.GetDelegationTokenRequestProto{Renewer: proto.String("rm")}
	c := Call{ID: 0x7fffffff, Retry: 3, ClientID: testClient, Context: "audit"}
	frame, err := AppendRequest([]byte("before"), testProto, c, "getDelegationToken", want)
	if err != nil {
		t.Fatal(err)
	}
	body, err := ReadFrame(bytes.NewReader(frame[len("before"):]), 1000)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRequest(body)
	if err != nil || r.ID != c.ID || r.Retry != c.Retry || r.Context != c.Context || r.Method != "getDelegationToken" || r.Protocol != testProto {
		t.Errorf("read %+v, %v", r, err)
	}
	got := new(pb.GetDelegationTokenRequestProto)
	if err := r.Decode(got); err != nil || !proto.Equal(got, want) {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestReadFrameRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"half a length", "0000", io.ErrUnexpectedEOF},
		{"half a body", "00000004 0102", io.ErrUnexpectedEOF},
		{"zero", "00000000", ErrFrameSize},
		{"negative", "80000000", ErrFrameSize},
		{"too large", "00000401", ErrFrameSize},
		{"largest", "7fffffff", ErrFrameSize},
		{"old server", "ffffffff", ErrVersion},
		{"web server", hex.EncodeToString([]byte("HTTP/1.1 404")), ErrHTTP},
	} {
		if _, err := ReadFrame(bytes.NewReader(unhex(t, c.in)), 1024); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestReadFrameNeedsNoWholeRead(t *testing.T) {
	want := bytes.Repeat([]byte{7}, 3*growBytes+5)
	frame, err := appendFrame(nil, func(b []byte) ([]byte, error) { return append(b, want...), nil })
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadFrame(iotest.OneByteReader(bytes.NewReader(frame)), len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A length that promises much and delivers nothing must cost nothing.
func TestAnnouncedLengthIsNotAllocated(t *testing.T) {
	in := unhex(t, "08000000 01")
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadFrame(bytes.NewReader(in), MaxFrameBytes); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 2*growBytes {
		t.Errorf("%d bytes allocated for 5 bytes of input", allocated)
	}
}

func TestPreamble(t *testing.T) {
	for _, a := range []Auth{AuthNone, AuthSASL} {
		if got, err := ParsePreamble(AppendPreamble(nil, a)); err != nil || got != a {
			t.Errorf("auth %x: %x, %v", a, got, err)
		}
	}
	for _, s := range []string{"hrpc\x08\x00\x00", "hrpc\x09\x00\x01", "GET / H", "hrpc\x09\x00"} {
		if _, err := ParsePreamble([]byte(s)); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	frame, err := AppendResponse(nil, Response{CallID: 5}, &pb.RpcSaslProto{State: pb.RpcSaslProto_WRAP.Enum(), Token: []byte("x")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame[4:])
	f.Add([]byte{0x01, 0x00})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseResponse(b)
		if err != nil {
			return
		}
		r.Decode(new(pb.RpcSaslProto))
		again, err := AppendResponse(nil, r, nil)
		if err != nil {
			return // exceptions may hold bytes that are no text
		}
		if back, err := ParseResponse(again[4:]); err != nil || back.CallID != r.CallID || back.Status != r.Status {
			t.Errorf("%+v became %+v, %v", r, back, err)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	frame, err := AppendRequest(nil, testProto, Call{ClientID: testClient}, "m", &pb.GetNewApplicationRequestProto{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame[4:])
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseRequest(b); err == nil {
			r.Decode(new(pb.AllocateRequestProto))
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 9})
	f.Add([]byte("HTTP/1.1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := ReadFrame(bytes.NewReader(b), 100)
		if err == nil && (len(body) == 0 || len(body) > 100 || !bytes.Equal(body, b[4:4+len(body)])) {
			t.Errorf("read %x from %x", body, b)
		}
	})
}
