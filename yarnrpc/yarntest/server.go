package yarntest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/sasl"
)

// Handler answers one call. caller is the user as the server sees it: a name, or what the token speaks for.
type Handler func(caller string, r hrpc.Request) (proto.Message, error)

// Exception is an error that travels to the client as a Java exception.
type Exception struct {
	Class, Message string // Java class and its text
	// Fatal closes the connection after it.
	Fatal bool
}

// Error implements error.
func (e Exception) Error() string { return e.Class + ": " + e.Message }

// Policy says how clients authenticate.
type Policy struct {
	// Simple lets clients in without a password, by the preamble's auth byte 0 and by SASL's SIMPLE.
	Simple bool
	// Password looks up the password of a token's identifier and the name it speaks for. Nil: no TOKEN.
	Password func(identifier []byte) (password []byte, user string, err error)
	// QOPs offered with TOKEN; none means authentication only.
	QOPs []sasl.QOP
	// Ciphers offered with QOPConf; none means all.
	Ciphers []string
}

// Server is one RPC port.
type Server struct {
	t        testing.TB
	protocol hrpc.Protocol
	handlers map[string]Handler
	addr     string
	wait     sync.WaitGroup

	mu       sync.Mutex
	policy   Policy
	listener net.Listener
	conns    map[net.Conn]struct{}
	faults   map[string][]Fault
	gates    []*gate // of answers held back
	calls    []Call
	pings    int
	opened   int
	closed   bool
}

// Call is one call that a Server has seen.
type Call struct {
	Method string
	Caller string
	hrpc.Call
	// Request is the message, still encoded.
	Request []byte
}

// NewServer listens on a free port of loopback and answers calls until the test ends.
func NewServer(t testing.TB, p hrpc.Protocol, policy Policy, handlers map[string]Handler) *Server {
	t.Helper()
	return newServerAt(t, "127.0.0.1", p, policy, handlers)
}

func newServerAt(t testing.TB, host string, p hrpc.Protocol, policy Policy, handlers map[string]Handler) *Server {
	t.Helper()
	s := &Server{t: t, protocol: p, policy: policy, handlers: handlers, conns: map[net.Conn]struct{}{}, faults: map[string][]Fault{}}
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.serve(l)
	t.Cleanup(s.Close)
	return s
}

// Addr returns host:port. It stays the same while the port refuses.
func (s *Server) Addr() string { return s.addr }

// serve accepts on l until it is closed.
func (s *Server) serve(l net.Listener) {
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if !s.track(c) {
				c.Close()
				continue
			}
			s.wait.Go(func() { s.connection(c) })
		}
	})
}

func (s *Server) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	s.opened++
	return true
}

// Close ends the server and waits for its goroutines. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.listener.Close()
	s.mu.Unlock()
	s.Release()
	s.DropConnections()
	s.wait.Wait()
}

// DropConnections cuts all connections without a word.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Refuse closes the port, as a dead or standby server does, and cuts its connections; with false it listens again.
func (s *Server) Refuse(yes bool) {
	if yes {
		s.mu.Lock()
		s.listener.Close()
		s.mu.Unlock()
		s.DropConnections()
		return
	}
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Errorf("listen again: %v", err)
		return
	}
	s.serve(l)
}

// Opened counts the connections since the start.
func (s *Server) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Open counts the connections that are open now.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Pings counts the pings received.
func (s *Server) Pings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pings
}

// Calls returns the calls seen so far, of one method or, with "", of all.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// SetPolicy changes how new connections authenticate.
func (s *Server) SetPolicy(p Policy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy = p
}

// peer is one connection after its preamble.
type peer struct {
	server *Server
	net    net.Conn
	in     *bufio.Reader
	user   string
	layer  sasl.Layer
	plain  []byte // unwrapped bytes not yet read

	mu sync.Mutex // guards writing
}

// connection serves one client to its end.
func (s *Server) connection(c net.Conn) {
	defer func() {
		c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	p := &peer{server: s, net: c, in: bufio.NewReader(c)}
	if err := p.login(); err != nil {
		p.refuse(err)
		return
	}
	for {
		frame, err := p.readFrame()
		if err != nil {
			return // the client is gone
		}
		r, err := hrpc.ParseRequest(frame)
		if err != nil {
			s.t.Errorf("client sent a bad request: %v", err)
			return
		}
		if r.ID == hrpc.CallPing {
			s.mu.Lock()
			s.pings++
			s.mu.Unlock()
			continue
		}
		if r.ID < 0 || r.Protocol != s.protocol {
			s.t.Errorf("client sent call %d of %v to a port of %v", r.ID, r.Protocol, s.protocol)
			return
		}
		s.wait.Go(func() { p.handle(r) })
	}
}

// refuse answers what went wrong before the first call.
func (p *peer) refuse(err error) {
	var x Exception
	if errors.As(err, &x) {
		p.send(hrpc.Response{CallID: hrpc.CallAuthFailed, Status: hrpc.StatusFatal, Exception: x.Class, Message: x.Message}, nil)
		p.linger()
		return
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrUnexpectedEOF) {
		p.server.t.Logf("connection ended while authenticating: %v", err)
	}
}

// linger lets the client read the last words: closing with unread input would reset the connection instead.
func (p *peer) linger() {
	if tcp, ok := p.net.(*net.TCPConn); ok {
		tcp.CloseWrite()
		tcp.SetReadDeadline(time.Now().Add(time.Second))
		io.Copy(io.Discard, p.in)
	}
}

// handle acts on one call and answers it, with the fault that is queued for it.
func (p *peer) handle(r hrpc.Request) {
	s := p.server
	s.mu.Lock()
	s.calls = append(s.calls, Call{Method: r.Method, Caller: p.user, Call: r.Call, Request: r.Body})
	var f Fault
	if queue := s.faults[r.Method]; len(queue) > 0 {
		f, s.faults[r.Method] = queue[0], queue[1:]
	}
	s.mu.Unlock()
	if f.Before != nil {
		f.Before()
	}
	if f.Drop {
		p.net.Close()
		return
	}
	message, err := p.act(r, f)
	if f.Hold != nil {
		<-f.Hold
	}
	if f.Lose {
		p.net.Close()
		return
	}
	p.answer(r, message, err, f)
}

func (p *peer) act(r hrpc.Request, f Fault) (proto.Message, error) {
	if f.Throw != nil {
		return nil, *f.Throw
	}
	h, ok := p.server.handlers[r.Method]
	if !ok {
		return nil, Exception{Class: "org.apache.hadoop.ipc.RpcNoSuchMethodException", Message: "Unknown method " + r.Method}
	}
	return h(p.user, r)
}

// answer sends the outcome of a call, or what the fault leaves of it.
func (p *peer) answer(r hrpc.Request, message proto.Message, err error, f Fault) {
	resp := hrpc.Response{CallID: r.ID, ClientID: r.ClientID}
	if err != nil {
		resp.Status, resp.Exception, resp.Message, message = hrpc.StatusError, "java.io.IOException", err.Error(), nil
		var x Exception
		if errors.As(err, &x) {
			resp.Exception, resp.Message = x.Class, x.Message+"\n\tat org.example.Server.call(Server.java:1)"
			if x.Fatal {
				resp.Status = hrpc.StatusFatal
			}
		}
	}
	if f.Half || f.Plain {
		p.garble(resp, message, f)
		return
	}
	p.send(resp, message)
	if resp.Status == hrpc.StatusFatal {
		p.net.Close()
	}
}

// garble answers by half a frame, or outside of the layer.
func (p *peer) garble(r hrpc.Response, message proto.Message, f Fault) {
	frame, err := hrpc.AppendResponse(nil, r, message)
	if err != nil {
		p.server.t.Error(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Plain {
		p.net.Write(frame)
		return
	}
	p.net.Write(frame[:len(frame)/2])
	p.net.Close()
}

// send writes one frame, wrapped if a layer was agreed. Errors mean that the client is gone.
func (p *peer) send(r hrpc.Response, message proto.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frame, err := hrpc.AppendResponse(nil, r, message)
	if err == nil && p.layer != nil {
		frame, err = p.wrap(frame)
	}
	if err != nil {
		p.server.t.Error(fmt.Errorf("encode answer to call %d: %w", r.CallID, err))
		return
	}
	p.net.Write(frame)
}
