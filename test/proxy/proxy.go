package proxy

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Proxy relays TCP connections to one server. Its methods may be called at any
// time, by any goroutine.
type Proxy struct {
	server   string
	listener net.Listener
	ctx      context.Context // ends with Close; the relays' own life, no request's
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex
	links    map[*link]bool
	match    []byte        // DropAnswerTo
	dropped  chan struct{} // closed when an answer was swallowed
	leftUnto int64         // bytes until a cut; -1 for none
	next     func() int64  // leftUnto after a cut; nil for none
	cuts     int
	delay    time.Duration
	open     chan struct{} // closed while bytes pass
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn
	dropping       bool // the next answer goes nowhere; under Proxy.mu
}

// Listen starts a proxy on the loopback interface.
func Listen(server string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start proxy: %w", err)
	}
	p := &Proxy{server: server, listener: l, links: make(map[*link]bool), leftUnto: -1, open: make(chan struct{})}
	close(p.open)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends the proxy and resets every connection.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.cancel()
	p.Cut()
	p.running.Wait()
	return err
}

// Cut resets every connection that there is now.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.reset()
	}
}

// CutAfter resets the connection on which the server's next n bytes in all have
// passed; below 0 takes the order back.
func (p *Proxy) CutAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leftUnto = n
}

// CutEach resets a connection again and again, each time after next() further
// bytes of the server in all, until it returns a number below 0. It is called
// with the proxy's lock held.
func (p *Proxy) CutEach(next func() int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.leftUnto = next, next()
}

// Cuts counts the resets that CutAfter and CutEach have ordered so far.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Delay holds back everything that the server sends by d from now on.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Silence lets nothing pass, in either direction, until Resume; connections stay
// open, and new ones are taken.
func (p *Proxy) Silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default:
	}
}

// Resume ends Silence; what was held back passes.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// DropAnswerTo swallows the server's answer to the next request that holds
// match, and resets that connection. The channel is closed when it has happened.
func (p *Proxy) DropAnswerTo(match []byte) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.match, p.dropped = match, make(chan struct{})
	return p.dropped
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(p.ctx, "tcp", p.server)
		if err != nil {
			_ = client.Close() // as if nobody listened
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links[l] = true
		if p.ctx.Err() != nil { // Close has cut what it saw
			l.reset()
		}
		p.mu.Unlock()
		p.running.Go(func() { p.relay(l, client, server, p.request) })
		p.running.Go(func() { p.relay(l, server, client, p.answer) })
	}
}

// relay passes bytes on until either end is gone. look says, before a piece
// passes, whether it may.
func (p *Proxy) relay(l *link, from, to net.Conn, look func(*link, []byte) bool) {
	defer p.drop(l)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !look(l, buf[:n]) || !p.pass() {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits while the proxy is silent; false when it is closed.
func (p *Proxy) pass() bool {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	select {
	case <-open:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *Proxy) request(l *link, piece []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.match != nil && bytes.Contains(piece, p.match) {
		p.match, l.dropping = nil, true
	}
	return true
}

func (p *Proxy) answer(l *link, piece []byte) bool {
	p.mu.Lock()
	delay, dropping := p.delay, l.dropping
	cut := p.leftUnto >= 0 && p.leftUnto < int64(len(piece))
	switch {
	case dropping:
		close(p.dropped)
	case cut:
		p.leftUnto = -1
		p.cuts++
		if p.next != nil {
			p.leftUnto = p.next()
		}
	case p.leftUnto >= 0:
		p.leftUnto -= int64(len(piece))
	}
	p.mu.Unlock()
	if dropping || cut {
		return false
	}
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			return false
		}
	}
	return true
}

// drop ends a link for both directions.
func (p *Proxy) drop(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
	l.reset()
}

// reset closes both sockets with RST where the system can. Errors mean that one
// was closed already.
func (l *link) reset() {
	for _, c := range []net.Conn{l.client, l.server} {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // closed already
		}
		_ = c.Close() // likewise
	}
}
