package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	library "github.com/go-mysql-org/go-mysql/mysql"
)

// Commands of the protocol (mysql "Command Phase").
const (
	commandQuit    = 0x01
	commandQuery   = 0x03
	commandPrepare = 0x16
	commandExecute = 0x17
	commandClose   = 0x19
)

// First bytes of an answer.
const (
	answerOK    = 0x00
	answerEOF   = 0xfe
	answerError = 0xff
)

// statusMoreResults is the flag of an EOF packet behind which another result
// follows.
const statusMoreResults = 0x08

// controlBytes bounds packets that are no rows.
const controlBytes = 16 << 20

var errNoPrepare = errors.New("the server knows no prepared statements")

// wire is one connection for bulk reading. Handshake, authentication and TLS
// are the library's; after them the server says nothing unasked, so the
// library's buffers are empty and the socket is ours.
type wire struct {
	library *client.Conn
	in      *packets
	timeout time.Duration // for the first byte of an answer
	idle    time.Duration // for every later one
	source  source        // where it leads to
	who     identity      // what answered there
}

// dialWire connects, logs in and prepares the session, all within
// s.connectTimeout. ctx covers this only.
func dialWire(ctx context.Context, s source, session []setup) (*wire, error) {
	ctx, cancel := context.WithTimeout(ctx, s.connectTimeout)
	defer cancel()
	w, err := connectWire(ctx, s)
	if err != nil && s.tls != nil && s.tlsOptional && strings.Contains(err.Error(), "does not support TLS") {
		s.tls = nil
		w, err = connectWire(ctx, s)
	}
	if err == nil {
		err = w.prepareSession(ctx, session)
	}
	if err == nil {
		w.source = s
		err = w.identify(ctx)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("no answer within %s: %w", s.connectTimeout, context.DeadlineExceeded)
	}
	if err != nil {
		return nil, err
	}
	w.timeout = s.queryTimeout
	return w, w.library.SetDeadline(time.Time{})
}

// connectWire dials and logs in. The socket is closed on any error.
func connectWire(ctx context.Context, s source) (*wire, error) {
	dialer := net.Dialer{KeepAliveConfig: keepAlive()}
	socket, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	conn, err := login(ctx, s, socket)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		socket.Close()
		return nil, err
	}
	return &wire{library: conn, in: newPackets(conn.Conn.Conn), timeout: s.connectTimeout, idle: s.idleTimeout}, nil
}

// login does the handshake. The library does not expect nonsense from what
// may be no MySQL server at all, hence the recover.
func login(ctx context.Context, s source, socket net.Conn) (conn *client.Conn, err error) {
	defer func() {
		if r := recover(); r != nil {
			conn, err = nil, fmt.Errorf("what answers is no MySQL server: %v", r)
		}
	}()
	dial := func(context.Context, string, string) (net.Conn, error) { return socket, nil }
	options := func(c *client.Conn) error {
		c.UnsetCapability(library.CLIENT_QUERY_ATTRIBUTES)
		c.UnsetCapability(library.CLIENT_DEPRECATE_EOF)
		c.SetAttributes(map[string]string{"program_name": "weft"})
		c.BufferSize = 4096 // only for the handshake
		if s.tls != nil {
			c.SetTLSConfig(s.tls.Clone())
		}
		return nil
	}
	return client.ConnectWithDialer(ctx, "tcp", s.address, s.user, s.password.Reveal(), s.database, dial, options)
}

// prepareSession runs the statements that every session starts with. On an
// error the connection is closed.
func (w *wire) prepareSession(ctx context.Context, session []setup) error {
	for _, s := range session {
		err := w.run(ctx, s.statement)
		if s.optional && serverErrorOf(err) != nil {
			continue
		}
		if err != nil {
			w.close()
			return fmt.Errorf("prepare the session with %q: %w", s.statement, err)
		}
	}
	return nil
}

func (w *wire) close() { _ = w.library.Close() } // everything was read, or the error before is the one that counts

// leave closes a connection that has no result in flight, and says so to the
// server, which else counts it as aborted and writes that into its log.
func (w *wire) leave() {
	_ = w.send(commandQuit, "") // nothing depends on it
	w.close()
}

// send writes one command. A new command starts a new sequence.
func (w *wire) send(command byte, argument string) error {
	if err := w.library.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	packet := make([]byte, 5, 5+len(argument))
	packet[4] = command
	w.library.ResetSequence()
	w.in.sequence, w.in.idle = 1, w.timeout
	if err := w.library.WritePacket(append(packet, argument...)); err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	return nil
}

// answer reads the first packet after a command. Errors of the server come
// back as *serverError.
func (w *wire) answer(ctx context.Context) ([]byte, error) {
	p, _, err := w.in.next(ctx, controlBytes)
	if err != nil {
		return nil, err
	}
	if len(p) == 0 {
		return nil, errors.New("read answer: empty packet")
	}
	w.in.idle = w.idle
	if p[0] == answerError {
		return nil, parseError(p)
	}
	return p, nil
}

// run executes a statement whose rows nobody wants.
func (w *wire) run(ctx context.Context, statement string) error {
	defer w.in.watch(ctx)()
	if err := w.send(commandQuery, statement); err != nil {
		return err
	}
	p, err := w.answer(ctx)
	if err != nil || p[0] == answerOK {
		return err
	}
	if _, err := w.definitions(ctx, p); err != nil {
		return err
	}
	for {
		p, size, err := w.in.next(ctx, controlBytes)
		if err != nil {
			return err
		}
		if done, err := endOfRows(p, size); done || err != nil {
			return err
		}
	}
}

// endOfRows tells the packet behind the last row, and an error in mid-result,
// from a row.
func endOfRows(p []byte, size int) (done bool, err error) {
	switch {
	case len(p) == 0:
		return false, errors.New("read row: empty packet")
	case p[0] == answerError:
		return false, parseError(p)
	case p[0] == answerEOF && size < 9:
		s := scan{p: p[1:]}
		s.uint16() // warnings
		if s.uint16()&statusMoreResults != 0 {
			return false, errMoreResults
		}
		return true, nil
	}
	return false, nil
}

var errMoreResults = errors.New("the query gives more than one result")

// definitions reads the column definitions that the first packet of a result
// announces, and the EOF packet behind them.
func (w *wire) definitions(ctx context.Context, announcement []byte) ([]definition, error) {
	n, next := lengthAt(announcement, 0)
	if next < 0 || n == 0 || n > 4096 {
		return nil, fmt.Errorf("read result: %d columns announced", n)
	}
	return w.readDefinitions(ctx, n)
}

func (w *wire) readDefinitions(ctx context.Context, n int) ([]definition, error) {
	list := make([]definition, n)
	for i := range list {
		p, _, err := w.in.next(ctx, controlBytes)
		if err != nil {
			return nil, err
		}
		if list[i], err = parseDefinition(p); err != nil {
			return nil, err
		}
	}
	p, size, err := w.in.next(ctx, controlBytes)
	if err != nil {
		return nil, err
	}
	if len(p) == 0 || p[0] != answerEOF || size >= 9 {
		return nil, fmt.Errorf("read result: no end after %d column definitions", n)
	}
	return list, nil
}

// statement is a prepared statement without parameters.
type statement struct {
	id      uint32
	columns []definition
}

// prepare has the server parse a query. errNoPrepare says that it cannot.
//
//	| 0x00 | statement id, 4 | columns, 2 | parameters, 2 | 0 | warnings, 2 |
func (w *wire) prepare(ctx context.Context, query string) (statement, error) {
	defer w.in.watch(ctx)()
	if err := w.send(commandPrepare, query); err != nil {
		return statement{}, err
	}
	p, err := w.answer(ctx)
	if e := serverErrorOf(err); e != nil && (e.Number == 1295 || e.Number == 1047 || e.Number == 1235) {
		return statement{}, fmt.Errorf("%w: %w", errNoPrepare, err)
	}
	if err != nil {
		return statement{}, err
	}
	s := scan{p: p[1:]}
	st := statement{id: s.uint32()}
	columns, parameters := s.uint16(), s.uint16()
	switch {
	case s.bad || p[0] != answerOK:
		return statement{}, errors.New("prepare query: the answer makes no sense")
	case parameters > 0:
		return statement{}, errors.New("prepare query: there is a ? in it")
	case columns > 0:
		st.columns, err = w.readDefinitions(ctx, columns)
	}
	return st, err
}

// forget frees a prepared statement; the server does not answer.
func (w *wire) forget(st statement) error {
	return w.send(commandClose, string(binary.LittleEndian.AppendUint32(nil, st.id)))
}

// execute starts a prepared statement and returns the columns of its rows.
//
//	| 0x17 | statement id, 4 | flags: no cursor | iterations: 1, 4 |
func (w *wire) execute(ctx context.Context, st statement) ([]definition, error) {
	argument := binary.LittleEndian.AppendUint32(nil, st.id)
	argument = append(argument, 0, 1, 0, 0, 0)
	return w.start(ctx, commandExecute, string(argument))
}

// query starts a query in the text protocol.
func (w *wire) query(ctx context.Context, query string) ([]definition, error) {
	return w.start(ctx, commandQuery, query)
}

func (w *wire) start(ctx context.Context, command byte, argument string) ([]definition, error) {
	defer w.in.watch(ctx)()
	if err := w.send(command, argument); err != nil {
		return nil, err
	}
	p, err := w.answer(ctx)
	if err != nil {
		return nil, err
	}
	if p[0] == answerOK {
		return nil, errNoRows
	}
	return w.definitions(ctx, p)
}

var errNoRows = errors.New("the statement gives no rows")
