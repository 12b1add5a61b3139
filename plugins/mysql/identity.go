package mysql

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// identity is who answers at the other end of a wire.
type identity struct {
	thread   string        // the server's number for the connection
	server   string        // tells servers behind one address apart
	patience time.Duration // how long it waits for room to write
}

// standardNetWrite is the default of net_write_timeout, for relatives of MySQL
// that do not tell theirs.
const standardNetWrite = 60 * time.Second

// keepAlive finds out within a minute that nobody is there any more, also while
// nothing is due: net.Dialer's own configuration takes two and a half.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}
}

// identify asks who is there.
func (w *wire) identify(ctx context.Context) error {
	w.who = identity{patience: standardNetWrite}
	row, err := w.ask(ctx, "SELECT CONNECTION_ID(), CONCAT_WS(':', @@hostname, @@port, @@server_id), @@SESSION.net_write_timeout")
	if serverErrorOf(err) != nil {
		return nil // then nothing can be said to it from beside, either
	}
	if err != nil {
		w.close()
		return fmt.Errorf("ask the server who it is: %w", err)
	}
	if len(row) == 3 {
		w.who.thread, w.who.server = row[0], row[1]
		if seconds, err := strconv.Atoi(row[2]); err == nil && seconds > 0 {
			w.who.patience = time.Duration(seconds) * time.Second
		}
	}
	return nil
}

// ask runs a query in the text protocol and returns its first row; NULL is "".
func (w *wire) ask(ctx context.Context, query string) ([]string, error) {
	defer w.in.watch(ctx)()
	if err := w.send(commandQuery, query); err != nil {
		return nil, err
	}
	p, err := w.answer(ctx)
	if err != nil {
		return nil, err
	}
	if p[0] == answerOK {
		return nil, errNoRows
	}
	if _, err := w.definitions(ctx, p); err != nil {
		return nil, err
	}
	var row []string
	for {
		p, size, err := w.in.next(ctx, controlBytes)
		if err != nil {
			return nil, err
		}
		done, err := endOfRows(p, size)
		if done || err != nil {
			return row, err
		}
		if row == nil {
			row = texts(p)
		}
	}
}

// texts takes a row of the text protocol apart, as far as it makes sense.
func texts(p []byte) []string {
	var row []string
	for i := 0; i < len(p); {
		if p[i] == 0xfb {
			row, i = append(row, ""), i+1
			continue
		}
		from, end := field(p, i)
		if end < 0 {
			return row
		}
		row, i = append(row, string(p[from:end])), end
	}
	return row
}
