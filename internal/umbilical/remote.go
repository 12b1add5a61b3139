package umbilical

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Deadlines of a Client. callDeadline is above the time for which a call of
// Next may wait for work.
const (
	dialDeadline = 10 * time.Second
	callDeadline = 25 * time.Second
)

// ClientOptions are what a Client is made of.
type ClientOptions struct {
	// Name is the container's id, or ClientName.
	Name string
	// Key proves it.
	Key []byte
	// Address returns host:port of the master; it is asked for each new
	// connection, because the master may have moved. Only a newer master may
	// have another address.
	Address func(ctx context.Context) (string, error)
}

// Client carries the calls to a master in another process. Its methods may be
// called by many goroutines.
//
// A master may die, or hang and be replaced: a call that fails drops the
// connections that nobody uses, so that the next one asks where the master is
// now; when that is somewhere else, the calls to the old place end with errMoved.
type Client struct {
	o    ClientOptions
	http *http.Client

	mu      sync.Mutex
	address string                             // where the newest connection leads
	calls   map[uint64]context.CancelCauseFunc // under way there
	next    uint64                             // key in calls
}

// errMoved ends calls to a master that was replaced.
var errMoved = errors.New("the run has another master now")

var _ Link = (*Client)(nil)

// NewClient returns a client; it does not connect yet.
func NewClient(o ClientOptions) *Client {
	c := &Client{o: o, calls: map[uint64]context.CancelCauseFunc{}}
	c.http = &http.Client{Transport: &http.Transport{
		DialTLSContext: c.dial, MaxIdleConnsPerHost: 8, IdleConnTimeout: 2 * time.Minute, ForceAttemptHTTP2: false}}
	return c
}

// Close ends idle connections; calls under way go on.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Next implements Link.
func (c *Client) Next(ctx context.Context, w Want) (Assignment, error) {
	return post[Assignment](ctx, c, "next", w)
}

// Report implements Link.
func (c *Client) Report(ctx context.Context, p Progress) (Order, error) {
	return post[Order](ctx, c, "report", p)
}

// Sealed implements Link.
func (c *Client) Sealed(ctx context.Context, u Sealed) (Verdict, error) {
	return post[Verdict](ctx, c, "sealed", u)
}

// Done implements Link.
func (c *Client) Done(ctx context.Context, e Ending) (Order, error) {
	return post[Order](ctx, c, "done", e)
}

// Status fills v with what the master's Status says; for ClientName only.
func (c *Client) Status(ctx context.Context, v any) error {
	return c.do(ctx, "status", http.MethodGet, nil, v)
}

// dial opens a connection to wherever the master is now and proves both sides
// to one another. The URL's own address means nothing.
func (c *Client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialDeadline)
	defer cancel()
	address, err := c.o.Address(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the master: %w", err)
	}
	c.found(address)
	raw, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	// The certificate says nothing; introduce proves who is there.
	conn := tls.Client(raw, &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true})
	if err := c.greet(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to master at %s: %w", address, err), raw.Close())
	}
	return conn, nil
}

// found notes where the master is. If it was elsewhere before, whatever still
// waits for an answer there is told.
func (c *Client) found(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.address != "" && c.address != address {
		for _, leave := range c.calls {
			leave(errMoved)
		}
		c.http.CloseIdleConnections()
	}
	c.address = address
}

// enter returns the context of a call, which ends with errMoved when the master
// turns out to be elsewhere.
func (c *Client) enter(ctx context.Context) (_ context.Context, leave func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.next
	c.next++
	c.calls[key] = cancel
	return ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.calls, key)
		cancel(nil)
	}
}

func (c *Client) greet(ctx context.Context, conn *tls.Conn) error {
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if err := introduce(conn, conn.ConnectionState(), c.o.Name, c.o.Key); err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}

func post[A any](ctx context.Context, c *Client, method string, message any) (A, error) {
	var answer A
	body, err := json.Marshal(message)
	if err != nil {
		return answer, fmt.Errorf("umbilical %s: %w", method, err)
	}
	return answer, c.do(ctx, method, http.MethodPost, body, &answer)
}

// do makes a call; one that finds out that the master has moved is made there.
func (c *Client) do(ctx context.Context, method, verb string, body []byte, answer any) error {
	err := c.try(ctx, method, verb, body, answer)
	if errors.Is(err, errMoved) {
		err = c.try(ctx, method, verb, body, answer)
	}
	return err
}

func (c *Client) try(ctx context.Context, method, verb string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callDeadline, fmt.Errorf("no answer within %s", callDeadline))
	defer cancel()
	ctx, leave := c.enter(ctx)
	defer leave()
	request, err := http.NewRequestWithContext(ctx, verb, "https://master/v1/"+method, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("umbilical %s: %w", method, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		c.http.CloseIdleConnections()
		return fmt.Errorf("umbilical %s: %w", method, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(method, response)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxBodyBytes)).Decode(answer); err != nil {
		return fmt.Errorf("umbilical %s: %w", method, err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<10)) // so that the connection is reused
	return err
}

func refusal(method string, response *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, 500)) // only for the message
	cause := fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(text)))
	if response.StatusCode == http.StatusGone {
		cause = ErrClosed
	}
	return fmt.Errorf("umbilical %s: %w", method, cause)
}
