package umbilical

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of what a caller may do before and after it has proved itself.
const (
	helloDeadline = 10 * time.Second
	bodyDeadline  = 30 * time.Second
	maxBodyBytes  = 8 << 20
)

// ServerOptions are what a Server is made of; all are needed.
type ServerOptions struct {
	// Link answers the calls: the master's Desk.
	Link Link
	// Key returns the key of a container, or of ClientName.
	Key func(name string) ([]byte, bool)
	// Status returns what GET /v1/status answers as JSON.
	Status func() any
	// Log takes refused callers.
	Log *slog.Logger
}

// Server carries the calls of containers in other processes to a Link.
type Server struct {
	o   ServerOptions
	tls *tls.Config
}

// NewServer makes a server with a fresh certificate.
func NewServer(o ServerOptions) (*Server, error) {
	certificate, err := freshCertificate()
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &Server{o: o, tls: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}}}, nil
}

// freshCertificate is self-signed and good for nothing but TLS itself: who the
// other side is, is proved by the hello.
func freshCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"weft"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// Serve answers calls on the listener until ctx ends, and returns when every
// connection is closed. It closes the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: bodyDeadline, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, conn)
		}}
	ended := make(chan error, 1) // one value, when Serve below returns
	go func() { ended <- server.Serve(&greeter{Listener: listener, server: s}) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve umbilical: %w", err)
	case <-ctx.Done():
	}
	err := server.Close()
	<-ended
	return err
}

// greeter hands out connections that greet their caller at the first read, in
// the goroutine of that connection, so that a slow caller delays nobody.
type greeter struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (g *greeter) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &greeted{Conn: tls.Server(conn, g.server.tls), server: g.server}, nil
}

// greeted is a connection whose caller proves itself before anything is read.
type greeted struct {
	*tls.Conn
	server *Server
	once   sync.Once
	name   string // the caller, once proven
	err    error
}

// Read implements net.Conn.
func (c *greeted) Read(p []byte) (int, error) {
	c.once.Do(c.greet)
	if c.err != nil {
		return 0, c.err
	}
	return c.Conn.Read(p)
}

func (c *greeted) greet() {
	ctx, cancel := context.WithTimeout(context.Background(), helloDeadline)
	defer cancel()
	if c.err = c.HandshakeContext(ctx); c.err == nil {
		c.err = c.SetDeadline(time.Now().Add(helloDeadline))
	}
	if c.err == nil {
		c.name, c.err = welcome(c.Conn, c.ConnectionState(), c.server.o.Key)
	}
	if c.err == nil {
		c.err = c.SetDeadline(time.Time{})
	}
	if errors.Is(c.err, ErrStranger) {
		c.server.o.Log.Warn("refused a caller", "address", c.RemoteAddr().String(), "err", c.err)
	}
}

// callerKey finds the connection of a request in its context.
type callerKey struct{}

func callerOf(r *http.Request) string {
	conn, ok := r.Context().Value(callerKey{}).(*greeted)
	if !ok {
		return ""
	}
	return conn.name
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/next", carry(s, func(ctx context.Context, who string, w Want) (Assignment, error) {
		return answerIf(w.Container == who, func() (Assignment, error) { return s.o.Link.Next(ctx, w) })
	}))
	mux.HandleFunc("POST /v1/report", carry(s, func(ctx context.Context, who string, p Progress) (Order, error) {
		return answerIf(p.Container == who, func() (Order, error) { return s.o.Link.Report(ctx, p) })
	}))
	mux.HandleFunc("POST /v1/sealed", carry(s, func(ctx context.Context, who string, u Sealed) (Verdict, error) {
		return answerIf(u.Container == who, func() (Verdict, error) { return s.o.Link.Sealed(ctx, u) })
	}))
	mux.HandleFunc("POST /v1/done", carry(s, func(ctx context.Context, who string, e Ending) (Order, error) {
		return answerIf(e.Container == who, func() (Order, error) { return s.o.Link.Done(ctx, e) })
	}))
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		if callerOf(r) != ClientName {
			http.Error(w, "for clients only", http.StatusForbidden)
			return
		}
		s.write(w, s.o.Status())
	})
	return mux
}

// errNotYours says that a container spoke for another one.
var errNotYours = errors.New("the message speaks for another container")

func answerIf[T any](own bool, call func() (T, error)) (T, error) {
	if own {
		return call()
	}
	var zero T
	return zero, errNotYours
}

// carry decodes a call, makes it and encodes the answer.
func carry[Q, A any](s *Server, call func(ctx context.Context, who string, q Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a, err := call(r.Context(), callerOf(r), q)
		switch {
		case errors.Is(err, errNotYours):
			http.Error(w, err.Error(), http.StatusForbidden)
		case errors.Is(err, ErrClosed):
			http.Error(w, err.Error(), http.StatusGone)
		case err != nil:
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		default:
			s.write(w, a)
		}
	}
}

func (s *Server) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.o.Log.Debug("answer a call", "err", err) // the caller is gone
	}
}
