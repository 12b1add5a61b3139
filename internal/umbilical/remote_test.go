package umbilical

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"weft/plugins"
)

// answering is a Link of function fields.
type answering struct {
	next   func(Want) (Assignment, error)
	sealed func(Sealed) (Verdict, error)
}

func (a answering) Next(_ context.Context, w Want) (Assignment, error) { return a.next(w) }
func (a answering) Report(context.Context, Progress) (Order, error) {
	return Order{Directive: GoOn}, nil
}
func (a answering) Sealed(_ context.Context, u Sealed) (Verdict, error) { return a.sealed(u) }
func (a answering) Done(context.Context, Ending) (Order, error)         { return Order{Directive: Stop}, nil }

var appSecret = bytes.Repeat([]byte{7}, SecretBytes)

// serve runs a server for the length of the test and returns its address.
func serve(t *testing.T, link Link) string {
	t.Helper()
	runKey := bytes.Repeat([]byte{9}, SecretBytes)
	server, err := NewServer(ServerOptions{Link: link, Log: slog.New(slog.DiscardHandler),
		Key: func(name string) ([]byte, bool) {
			if name == ClientName {
				return ClientKey(runKey), true
			}
			return ContainerKey(appSecret, name), strings.HasPrefix(name, "container_")
		},
		Status: func() any { return map[string]int{"percent": 42} }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func caller(t *testing.T, address, name string, key []byte) *Client {
	t.Helper()
	c := NewClient(ClientOptions{Name: name, Key: key, Address: func(context.Context) (string, error) { return address, nil }})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCallsTravel(t *testing.T) {
	var seen Sealed
	address := serve(t, answering{
		next: func(w Want) (Assignment, error) {
			return Assignment{Directive: Hold, Limits: Limits{RowsPerSecond: int64(w.Slot)}}, nil
		},
		sealed: func(u Sealed) (Verdict, error) { seen = u; return Accepted, nil },
	})
	c := caller(t, address, "container_1", ContainerKey(appSecret, "container_1"))
	ctx := context.Background()
	a, err := c.Next(ctx, Want{Run: "r", Container: "container_1", Slot: 5})
	if err != nil || a.Directive != Hold || a.Limits.RowsPerSecond != 5 {
		t.Errorf("next: %+v, %v", a, err)
	}
	offer := Sealed{Stamp: Stamp{Run: "r", Container: "container_1", Split: 3}}
	offer.Manifest.Counters = plugins.Counters{RowsRead: 1 << 60}
	offer.Manifest.Hash = 1<<64 - 1
	if v, err := c.Sealed(ctx, offer); err != nil || v != Accepted {
		t.Errorf("sealed: %v, %v", v, err)
	}
	if seen.Manifest.Hash != offer.Manifest.Hash || seen.Manifest.Counters != offer.Manifest.Counters || seen.Split != 3 {
		t.Errorf("arrived as %+v", seen)
	}
	if o, err := c.Report(ctx, Progress{Stamp: offer.Stamp}); err != nil || o.Directive != GoOn {
		t.Errorf("report: %v, %v", o, err)
	}
	if o, err := c.Done(ctx, Ending{Stamp: offer.Stamp}); err != nil || o.Directive != Stop {
		t.Errorf("done: %v, %v", o, err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	address := serve(t, answering{next: func(Want) (Assignment, error) {
		t.Error("a stranger's call arrived")
		return Assignment{}, nil
	}})
	own := ContainerKey(appSecret, "container_1")
	for name, key := range map[string][]byte{"container_1": []byte("guessed"), "container_2": own, "nobody": own, ClientName: own} {
		if _, err := caller(t, address, name, key).Next(context.Background(), Want{Container: name}); !errors.Is(err, ErrStranger) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNobodySpeaksForAnother(t *testing.T) {
	address := serve(t, answering{next: func(Want) (Assignment, error) {
		t.Error("the call arrived")
		return Assignment{}, nil
	}})
	c := caller(t, address, "container_1", ContainerKey(appSecret, "container_1"))
	if _, err := c.Next(context.Background(), Want{Container: "container_2"}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
}

func TestStatusIsForClientsOnly(t *testing.T) {
	address := serve(t, answering{next: func(Want) (Assignment, error) {
		t.Error("a client's call for work arrived")
		return Assignment{}, nil
	}})
	client := caller(t, address, ClientName, ClientKey(bytes.Repeat([]byte{9}, SecretBytes)))
	var got map[string]int
	if err := client.Status(context.Background(), &got); err != nil || got["percent"] != 42 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := client.Next(context.Background(), Want{Container: "container_1"}); err == nil {
		t.Error("a client was given work")
	}
	container := caller(t, address, "container_1", ContainerKey(appSecret, "container_1"))
	if err := container.Status(context.Background(), &got); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
}

// A master that does not know the key, such as somebody else who listens on the
// port of a dead one, is found out before anything is told to it.
func TestFalseMasterIsFoundOut(t *testing.T) {
	certificate, err := freshCertificate()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan int, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			heard <- -1
			return
		}
		defer conn.Close()
		name, _, _ := readHello(conn)
		_, _ = conn.Write(append([]byte{helloVersion}, make([]byte, proofBytes)...))
		rest, _ := io.ReadAll(conn)
		_ = name
		heard <- len(rest)
	}()
	c := caller(t, listener.Addr().String(), "container_1", ContainerKey(appSecret, "container_1"))
	if _, err := c.Next(context.Background(), Want{Container: "container_1"}); !errors.Is(err, ErrStranger) {
		t.Errorf("got %v", err)
	}
	if n := <-heard; n != 0 {
		t.Errorf("the false master heard %d bytes after the hello", n)
	}
}

func TestEndedMaster(t *testing.T) {
	desk := NewDesk()
	desk.Close()
	address := serve(t, desk)
	c := caller(t, address, "container_1", ContainerKey(appSecret, "container_1"))
	if _, err := c.Next(context.Background(), Want{Container: "container_1"}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestKeysDiffer(t *testing.T) {
	keys := map[string]string{}
	for _, name := range []string{"a", "b", ""} {
		keys[string(ContainerKey(appSecret, name))] = name
	}
	keys[string(ClientKey(appSecret))] = "client"
	if len(keys) != 4 {
		t.Errorf("%d different keys; want 4", len(keys))
	}
}

func FuzzHello(f *testing.F) {
	f.Add([]byte{1, 1, 'x'})
	f.Add(append([]byte{1, 2, 'a', 'b'}, make([]byte, proofBytes)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		name, given, err := readHello(bytes.NewReader(data))
		if err == nil && (len(given) != proofBytes || len(name) == 0 || len(data) < 2+len(name)+proofBytes) {
			t.Errorf("%q gave name %q and a proof of %d bytes", data, name, len(given))
		}
	})
}
