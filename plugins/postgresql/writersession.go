package postgresql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"weft/internal/sqlwrite"
)

// writeSession is one connection of a writer: one transaction at a time. Login
// and TLS are pgconn's, everything after them is ours, in the simple protocol,
// so that it is always known whether a transaction is open. Errors of the server
// are *pgconn.PgError; after any other error the session is broken, and only
// close is legal.
type writeSession struct {
	*session
	broken bool
	// status is what the server said with its newest ReadyForQuery: 'I' idle,
	// 'T' in a transaction, 'E' in one that failed.
	status byte
	out    []byte
}

var _ sqlwrite.Conn = (*writeSession)(nil)

// messages of both directions beside those of readers.
const (
	messageCopyIn = 'G'
	messageRow    = 'D'
)

// result is the answer to one message of statements.
type result struct {
	tag  string // of the last statement: "INSERT 0 3"
	rows [][]*string
}

// changed is the number of rows that the last statement changed.
func (r result) changed() int64 {
	n, err := strconv.ParseInt(r.tag[strings.LastIndexByte(r.tag, ' ')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// inTransaction says that a transaction is open, failed or not.
func (s *writeSession) inTransaction() bool { return s.status == 'T' || s.status == 'E' }

// guard bounds one exchange with the server by the session's limit and by ctx.
// The function it returns ends that and says how the exchange ended.
func (s *writeSession) guard(ctx context.Context) (end func(error) error, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.broken {
		return nil, net.ErrClosed
	}
	if err := s.in.conn.SetWriteDeadline(time.Now().Add(s.queryTimeout)); err != nil {
		s.broken = true
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.in.conn.SetDeadline(time.Unix(1, 0)) }) // of a closed connection nobody waits
	return func(err error) error {
		if !stop() {
			s.broken = true
			return context.Cause(ctx)
		}
		if err == nil || serverErrorOf(err) != nil && !s.in.busy {
			return err
		}
		s.broken = true
		if serverErrorOf(err) != nil {
			return err
		}
		return fmt.Errorf("%w: %w", net.ErrClosed, err)
	}, nil
}

// run sends statements and reads the answer to its end.
func (s *writeSession) run(ctx context.Context, statements string) (result, error) {
	end, err := s.guard(ctx)
	if err != nil {
		return result{}, err
	}
	var r result
	if err = s.in.send(statements, s.queryTimeout); err == nil {
		r, err = s.answer(ctx)
	}
	return r, end(err)
}

// answer reads up to ReadyForQuery. The first error is the one that counts.
func (s *writeSession) answer(ctx context.Context) (result, error) {
	var r result
	var failure error
	for {
		kind, payload, _, err := s.in.next(ctx, controlBytes)
		if err != nil {
			return r, errors.Join(failure, err)
		}
		switch kind {
		case messageError:
			if failure == nil {
				failure = serverError(payload)
			}
		case messageRow:
			row, err := textsOf(payload)
			if err != nil {
				return r, err
			}
			r.rows = append(r.rows, row)
		case messageComplete:
			r.tag = strings.TrimRight(string(payload), "\x00")
		case messageCopyOut:
			return r, errors.New("the statement sends rows out")
		case messageReady:
			if len(payload) != 1 {
				return r, errors.New("read answer: an end of a strange form")
			}
			s.status, s.in.busy = payload[0], false
			return r, failure
		}
	}
}

// textsOf reads a row of texts.
func textsOf(payload []byte) ([]*string, error) {
	var d pgproto3.DataRow
	if err := d.Decode(payload); err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	list := make([]*string, len(d.Values))
	for i, v := range d.Values {
		if v != nil {
			text := string(v)
			list[i] = &text
		}
	}
	return list, nil
}

// Exec implements sqlwrite.Conn. A COMMIT that the server turned into a ROLLBACK
// because the transaction had failed is an error: the server itself calls that a
// success.
func (s *writeSession) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	text, err := interpolate(statement, args)
	if err != nil {
		return 0, err
	}
	r, err := s.run(ctx, text)
	if err == nil && statement == "COMMIT" && r.tag != "COMMIT" {
		err = errNotCommitted
	}
	return r.changed(), err
}

var errNotCommitted = errors.New("the server rolled the transaction back at COMMIT")

// Query implements sqlwrite.Conn.
func (s *writeSession) Query(ctx context.Context, query string, args ...any) ([][]*string, error) {
	text, err := interpolate(query, args)
	if err != nil {
		return nil, err
	}
	r, err := s.run(ctx, text)
	return r.rows, err
}

// interpolate writes the arguments in the places of $1, $2, ...; such statements
// are our own, and have no $ inside texts.
func interpolate(statement string, args []any) (string, error) {
	if len(args) == 0 {
		return statement, nil
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(statement, "$")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
		n, err := strconv.Atoi(after[:digits])
		if err != nil || n < 1 || n > len(args) {
			return "", fmt.Errorf("there is no argument $%s", after[:digits])
		}
		switch v := args[n-1].(type) {
		case string:
			b.WriteString(quoteText(v))
		case int:
			b.WriteString(strconv.Itoa(v))
		case int64:
			b.WriteString(strconv.FormatInt(v, 10))
		default:
			return "", fmt.Errorf("argument of type %T", v)
		}
		statement = after[digits:]
	}
}

// copyChunk is about the size of the messages in which rows go out: the server
// reads the first while the next is made.
const copyChunk = 128 << 10

// copyIn sends statements of which one is COPY ... FROM STDIN, and the rows that
// next appends; next returns io.EOF behind the last. Nothing is waited for
// before the end: a server that refuses a statement passes over the rows that
// follow it ("COPY Operations"). bytes is what the rows took.
func (s *writeSession) copyIn(ctx context.Context, statements string, next func(dst []byte) ([]byte, error)) (bytes int64, err error) {
	end, err := s.guard(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.in.send(statements, s.queryTimeout); err != nil {
		return 0, end(err)
	}
	if err := s.in.conn.SetWriteDeadline(time.Now().Add(s.queryTimeout)); err != nil {
		return 0, end(err)
	}
	for more := true; more; {
		s.out = append(s.out[:0], messageCopyData, 0, 0, 0, 0)
		for len(s.out) < copyChunk && more {
			if s.out, err = next(s.out); err == io.EOF {
				more = false
			} else if err != nil {
				return bytes, end(err)
			}
		}
		n := len(s.out) - 5
		bytes += int64(n)
		binary.BigEndian.PutUint32(s.out[1:], uint32(n+4))
		if !more {
			s.out = append(s.out, messageCopyDone, 0, 0, 0, 4)
		}
		if _, err := s.in.conn.Write(s.out); err != nil {
			return bytes, end(fmt.Errorf("send rows: %w", err))
		}
	}
	_, err = s.answer(ctx)
	return bytes, end(err)
}
