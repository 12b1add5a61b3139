package thrift

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everything holds each type.
func everything() Struct {
	return Struct{
		{1, true}, {2, int8(-3)}, {3, math.Pi}, {4, int16(-300)}, {5, int32(math.MinInt32)}, {6, int64(math.MaxInt64)},
		{7, "text\x00\xff"}, {8, Struct{{-1, "inner"}, {0, false}}}, {9, Strings("a", "")},
		{10, &List{Set: true, Elem: TypeI32, Items: []Value{int32(1), int32(2)}}},
		{11, StringMap(map[string]string{"b": "2", "a": "1"})},
		{12, &Map{Key: TypeString, Elem: TypeList, Pairs: [][2]Value{{"k", Structs(Struct{{1, "x"}})}}}},
		{300, &List{Elem: TypeStruct}},
	}
}

func TestRoundTrip(t *testing.T) {
	data, err := Append(nil, everything())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(everything(), got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	for n := range len(data) {
		if _, err := Decode(bytes.NewReader(data[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(data), err)
		}
	}
}

// The bytes of a struct {1: string "ab", 2: i32 7} as the protocol's own document has it.
func TestWireForm(t *testing.T) {
	got, err := Append(nil, Struct{{1, "ab"}, {2, int32(7)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{11, 0, 1, 0, 0, 0, 2, 'a', 'b', 8, 0, 2, 0, 0, 0, 7, 0}
	if !bytes.Equal(got, want) {
		t.Errorf("encoded % x, want % x", got, want)
	}
}

func TestAccess(t *testing.T) {
	s := everything()
	if s.String(7) != "text\x00\xff" || s.String(1) != "" || s.Int(5) != math.MinInt32 || s.Int(6) != math.MaxInt64 || s.Int(7) != 0 {
		t.Error("a field is not what it was")
	}
	if s.Struct(8).String(-1) != "inner" || s.Struct(9) != nil || s.StringMap(11)["a"] != "1" || s.Strings(9)[0] != "a" || s.Strings(1) != nil {
		t.Error("an inner field is not what it was")
	}
	changed := s.With(7, "new").With(99, int32(1))
	if changed.String(7) != "new" || changed.Int(99) != 1 || s.Has(99) || s.String(7) == "new" || len(changed) != len(s)+1 {
		t.Error("With changed more or less than one field")
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, s := range []Struct{{{1, 7}}, {{1, nil}}, {{1, &List{Elem: TypeI32, Items: []Value{"x"}}}},
		{{1, &Map{Key: TypeString, Elem: TypeString, Pairs: [][2]Value{{"k", int32(1)}}}}}} {
		if data, err := Append(nil, s); err == nil {
			t.Errorf("%v was encoded as % x", s, data)
		}
	}
}

// What a peer claims is not believed before it has sent it.
func TestDecodeBounds(t *testing.T) {
	deep := bytes.Repeat([]byte{12, 0, 1}, maxDepth+2)
	for name, data := range map[string][]byte{
		"length": {11, 0, 1, 0x7f, 0xff, 0xff, 0xff}, "negative": {11, 0, 1, 0xff, 0xff, 0xff, 0xff},
		"count": {15, 0, 1, 8, 0x7f, 0xff, 0xff, 0xff}, "type": {99, 0, 1}, "deep": deep,
		"element": {15, 0, 1, 0, 0, 0, 0, 1, 0},
	} {
		if _, err := Decode(bytes.NewReader(data)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// serve answers each call with what answer returns, until the connection ends.
func serve(t *testing.T, answer func(call []byte) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 1<<16)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					break
				}
				reply := answer(buf[:n])
				if reply == nil {
					break
				}
				if _, err := conn.Write(reply); err != nil {
					break
				}
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// reply answers a call: with the same name and number.
func reply(kind byte, call []byte, result Struct) []byte {
	n := 8 + int(binary.BigEndian.Uint32(call[4:]))
	out := append([]byte{0x80, 1, 0, kind}, call[4:n+4]...)
	out, err := Append(out, result)
	if err != nil {
		panic(err)
	}
	return out
}

func dial(t *testing.T, address string) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCall(t *testing.T) {
	c := dial(t, serve(t, func(call []byte) []byte {
		if bytes.Contains(call, []byte("gone_method")) {
			return reply(3, call, Struct{{1, "Invalid method name: 'gone_method'"}, {2, int32(1)}})
		}
		return reply(2, call, Struct{{0, Struct{{1, "sales"}}}})
	}))
	for range 2 {
		got, err := c.Call(t.Context(), "get_database", Struct{{1, "sales"}})
		if err != nil || got.Struct(0).String(1) != "sales" {
			t.Fatalf("result %v, %v", got, err)
		}
		var refused *Exception
		if _, err := c.Call(t.Context(), "gone_method", nil); !errors.As(err, &refused) || refused.Kind != ExceptionUnknownMethod {
			t.Fatalf("a method that is not there: %v", err)
		}
	}
}

// A silent server costs no more than the context; afterwards the connection is not used again.
func TestCallEndsWithContext(t *testing.T) {
	block := make(chan struct{})
	c := dial(t, serve(t, func([]byte) []byte { <-block; return nil }))
	defer close(block)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := c.Call(ctx, "get_database", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if _, err := c.Call(t.Context(), "get_database", nil); !errors.Is(err, ErrBroken) {
		t.Errorf("a broken connection was used: %v", err)
	}
}

func TestCallRefusesWrongAnswers(t *testing.T) {
	for name, answer := range map[string]func([]byte) []byte{
		"http": func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") },
		"other name": func(call []byte) []byte {
			return reply(2, append([]byte{0, 0, 0, 0, 0, 0, 0, 1, 'x'}, call[len(call)-5:]...), nil)
		},
		"closed": func([]byte) []byte { return nil },
	} {
		c := dial(t, serve(t, answer))
		_, err := c.Call(t.Context(), "get_database", nil)
		if err == nil || name == "closed" != errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "http" && !strings.Contains(err.Error(), "another service") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDialSecures(t *testing.T) {
	address := serve(t, func([]byte) []byte { return nil })
	wrong := errors.New("no ticket")
	_, err := Dial(t.Context(), address, func(_ context.Context, _ net.Conn, host string) (net.Conn, error) {
		if host != "127.0.0.1" {
			t.Errorf("host %q", host)
		}
		return nil, wrong
	})
	if !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
}

// What is decoded can be encoded again, and then means the same.
func FuzzDecode(f *testing.F) {
	data, err := Append(nil, everything())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{15, 0, 1, 12, 0, 0, 0, 2, 0, 0, 0})
	f.Add([]byte{13, 0, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := Append(nil, s)
		if err != nil {
			t.Fatalf("encode %#v: %v", s, err)
		}
		third, err := Decode(bytes.NewReader(again))
		if err != nil {
			t.Fatalf("decode again: %v", err)
		}
		fourth, err := Append(nil, third)
		if err != nil || !bytes.Equal(again, fourth) {
			t.Errorf("% x became % x, %v", again, fourth, err)
		}
	})
}
