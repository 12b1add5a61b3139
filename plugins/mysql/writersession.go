package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	library "github.com/go-mysql-org/go-mysql/mysql"

	"weft/internal/sqlwrite"
)

// session is one connection of a writer: one transaction at a time. Statements
// and their results go through the library; what moves rows (LOAD DATA, prepared
// INSERT) is packed by us and sent through the library's packet layer. Errors of
// the server are the library's *MyError; after any other error the session is
// broken, and only close is legal.
type session struct {
	lib     *client.Conn
	address string
	limit   time.Duration // for each answer
	id      uint32        // the server's number of the connection
	broken  bool
	// inTransaction is what the server said with its newest answer.
	inTransaction bool
	statements    map[int]prepared // by rows
}

var _ sqlwrite.Conn = (*session)(nil)

// dialSession connects, logs in and prepares the session, all within
// s.connectTimeout. local lets the server ask for LOAD DATA LOCAL's data; it
// never gets anything but what load was called with.
func dialSession(ctx context.Context, s source, list []setup, local bool) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, s.connectTimeout)
	defer cancel()
	c, err := connectSession(ctx, s, local)
	if err != nil && s.tls != nil && s.tlsOptional && strings.Contains(err.Error(), "does not support TLS") {
		s.tls = nil
		c, err = connectSession(ctx, s, local)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("no answer within %s: %w", s.connectTimeout, context.DeadlineExceeded)
	}
	if err != nil {
		return nil, err
	}
	for _, step := range list {
		_, err := c.Exec(ctx, step.statement)
		if err != nil && !(step.optional && serverErrorOf(err) != nil) {
			c.close()
			return nil, fmt.Errorf("prepare the session with %q: %w", step.statement, err)
		}
	}
	return c, nil
}

func connectSession(ctx context.Context, s source, local bool) (*session, error) {
	socket, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	conn, err := loginSession(ctx, s, socket, local)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		socket.Close()
		return nil, err
	}
	return &session{lib: conn, address: s.address, limit: s.queryTimeout, id: conn.GetConnectionID(), statements: make(map[int]prepared)}, nil
}

// loginSession does the handshake as login does for readers.
func loginSession(ctx context.Context, s source, socket net.Conn, local bool) (conn *client.Conn, err error) {
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
		c.BufferSize = 16 << 10
		if s.tls != nil {
			c.SetTLSConfig(s.tls.Clone())
		}
		if local {
			return c.SetCapability(library.CLIENT_LOCAL_FILES)
		}
		c.UnsetCapability(library.CLIENT_LOCAL_FILES)
		return nil
	}
	return client.ConnectWithDialer(ctx, "tcp", s.address, s.user, s.password.Reveal(), s.database, dial, options)
}

func (s *session) close() { _ = s.lib.Close() } // the server rolls back what is open

// guard bounds one exchange with the server by s.limit and by ctx. The function
// it returns ends that and says how the exchange ended.
func (s *session) guard(ctx context.Context) (end func(error) error, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.broken {
		return nil, net.ErrClosed
	}
	if err := s.lib.SetDeadline(time.Now().Add(s.limit)); err != nil {
		s.broken = true
		return nil, err
	}
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { _ = s.lib.SetDeadline(time.Unix(1, 0)) }) // of a closed connection nobody waits
	return func(err error) error {
		if !stop() {
			s.broken = true
			return context.Cause(ctx)
		}
		if err == nil || serverErrorOf(err) != nil {
			return err
		}
		s.broken = true
		if time.Since(began) >= s.limit {
			return fmt.Errorf("no answer within %s: %w", s.limit, context.DeadlineExceeded)
		}
		return fmt.Errorf("%w: %w", net.ErrClosed, err)
	}, nil
}

// Exec implements sqlwrite.Conn: the statement as text, with the arguments
// written into it.
func (s *session) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	r, err := s.run(ctx, statement, args)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return int64(r.AffectedRows), nil
}

func (s *session) run(ctx context.Context, statement string, args []any) (*library.Result, error) {
	text, err := interpolate(statement, args)
	if err != nil {
		return nil, err
	}
	end, err := s.guard(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.lib.Execute(text)
	if err = end(err); err != nil {
		return nil, err
	}
	s.inTransaction = s.lib.IsInTransaction()
	return r, nil
}

// Query implements sqlwrite.Conn.
func (s *session) Query(ctx context.Context, query string, args ...any) ([][]*string, error) {
	r, err := s.run(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.Resultset == nil {
		return nil, nil
	}
	list := make([][]*string, r.RowNumber())
	for i := range list {
		list[i] = make([]*string, r.ColumnNumber())
		for j := range list[i] {
			if null, err := r.IsNull(i, j); err != nil || null {
				continue
			}
			text, err := r.GetString(i, j)
			if err != nil {
				return nil, err
			}
			text = strings.Clone(text) // the result goes back to a pool
			list[i][j] = &text
		}
	}
	return list, nil
}

// interpolate writes the arguments in the places of the question marks; the
// statements are our own, and have none inside texts.
func interpolate(statement string, args []any) (string, error) {
	if len(args) == 0 {
		return statement, nil
	}
	var b []byte
	for _, arg := range args {
		before, after, ok := strings.Cut(statement, "?")
		if !ok {
			return "", fmt.Errorf("%d arguments are too many for the statement", len(args))
		}
		b = append(b, before...)
		switch v := arg.(type) {
		case string:
			b = appendQuoted(b, []byte(v))
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		default:
			return "", fmt.Errorf("argument of type %T", arg)
		}
		statement = after
	}
	return string(append(b, statement...)), nil
}

// answered is what the server says after a statement that moved rows.
type answered struct {
	rows     uint64
	warnings int
	info     string // "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0"
}

// begin sends a command whose first four bytes are left free for the header.
func (s *session) begin(packet []byte) error {
	s.lib.ResetSequence()
	return s.lib.WritePacket(packet)
}

// answer reads the end of a statement without rows ("OK_Packet", "ERR_Packet").
func (s *session) answer() (answered, error) {
	p, err := s.lib.ReadPacket()
	if err != nil {
		return answered{}, err
	}
	return s.parse(p)
}

func (s *session) parse(p []byte) (a answered, err error) {
	if len(p) == 0 {
		return a, errors.New("read answer: empty packet")
	}
	switch p[0] {
	case answerError:
		return a, parseError(p)
	case answerOK:
	default:
		return a, fmt.Errorf("read answer: it begins with %#x", p[0])
	}
	rows, next := lengthAt(p, 1)
	if next >= 0 && next < len(p) && p[next] == 254 {
		next += 9 // the last id that was made: any 64 bits
	} else if next >= 0 {
		_, next = lengthAt(p, next)
	}
	if next < 0 || len(p) < next+4 {
		return a, errors.New("read answer: it is too short")
	}
	a.rows, a.warnings = uint64(rows), int(binary.LittleEndian.Uint16(p[next+2:]))
	s.inTransaction = p[next]&1 != 0 // SERVER_STATUS_IN_TRANS
	if i := strings.Index(string(p[next+4:]), "Records: "); i >= 0 {
		a.info = string(p[next+4+i:])
	}
	return a, nil
}
