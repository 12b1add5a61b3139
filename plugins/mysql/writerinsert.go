package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Rows of the prepared INSERTs: a batch is cut into pieces of these sizes, the
// largest first, so that the server parses few statements. What is left goes as
// text.
var preparedRows = [...]int{1024, 128, 16}

// maxParameters is the most that a prepared statement of the server takes.
const maxParameters = 65_535

// insertSQL returns the statement up to VALUES, and what follows the rows.
func (w *Writer) insertSQL() (head, tail string) {
	names := make([]string, len(w.columns))
	var updates []string
	for i, c := range w.columns {
		names[i] = quote(c.Name)
		updates = append(updates, names[i]+" = VALUES("+names[i]+")")
	}
	verb := "INSERT"
	switch w.config.mode {
	case sqlwrite.Replace:
		verb = "REPLACE"
	case sqlwrite.Upsert:
		tail = " ON DUPLICATE KEY UPDATE " + strings.Join(updates, ", ")
	}
	return verb + " INTO " + w.into.quoted() + " (" + strings.Join(names, ", ") + ") VALUES ", tail
}

// insertAll sends the rows by strict INSERTs and refuses those that the server
// does not take.
func (w *Writer) insertAll(ctx context.Context, b *plugins.Batch, rows []int32) error {
	for len(rows) > 0 {
		n := w.pieceOf(b, rows)
		piece := rows[:n]
		err := w.insertPiece(ctx, b, piece)
		if isRowFault(err) {
			err = w.bisect(ctx, b, piece, err)
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// pieceOf returns how many of the rows the next statement takes: as batchSize
// and the server's largest packet allow.
func (w *Writer) pieceOf(b *plugins.Batch, rows []int32) int {
	most := min(len(rows), w.config.BatchSize)
	bytes := 0
	for n, i := range rows[:most] {
		bytes += w.sizeOf(b, int(i))
		if bytes > w.packetBytes && n > 0 {
			most = n
			break
		}
	}
	for _, size := range preparedRows {
		if size <= most && size*len(w.columns) <= maxParameters {
			return size
		}
	}
	return most
}

// sizeOf bounds what row i takes in a statement, in bytes.
func (w *Writer) sizeOf(b *plugins.Batch, i int) int {
	n := 2
	for c := range w.columns {
		n += 32
		if v := &b.Columns[c]; v.InData() {
			n += 2 * len(v.Bytes(i))
		}
	}
	return n
}

// insertPiece sends the rows in one statement; prepared if there is one of this
// size.
func (w *Writer) insertPiece(ctx context.Context, b *plugins.Batch, rows []int32) error {
	if w.noPrepare || !slices.Contains(preparedRows[:], len(rows)) || len(rows)*len(w.columns) > maxParameters {
		return w.insertText(ctx, b, rows)
	}
	p, ok := w.session.statements[len(rows)]
	if !ok {
		var err error
		p, err = w.session.prepare(ctx, w.preparedSQL(len(rows)), len(rows)*len(w.columns))
		if isServerError(err, 1295, 1047, 1235, 1461) { // the server or a proxy cannot, or has too many
			w.noPrepare = true
			return w.insertText(ctx, b, rows)
		}
		if err != nil {
			return err
		}
	}
	w.packet = w.appendExecute(append(w.packet[:0], 0, 0, 0, 0), p, b, rows)
	p.bound = true
	w.session.statements[len(rows)] = p
	return w.send(ctx, w.packet)
}

func (w *Writer) preparedSQL(rows int) string {
	head, tail := w.insertSQL()
	row := "(" + strings.Repeat("?,", len(w.columns)-1) + "?)"
	return head + strings.Repeat(row+",", rows-1) + row + tail
}

// insertText sends the rows in one statement written out.
func (w *Writer) insertText(ctx context.Context, b *plugins.Batch, rows []int32) error {
	head, tail := w.insertSQL()
	dst := append(append(w.packet[:0], 0, 0, 0, 0, commandQuery), head...)
	for n, i := range rows {
		dst = append(dst, pick(n == 0, "(", ",(")...)
		for c := range w.columns {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = w.columns[c].appendLiteral(dst, &b.Columns[c], int(i))
		}
		dst = append(dst, ')')
	}
	w.packet = append(dst, tail...)
	return w.send(ctx, w.packet)
}

// send sends a command and reads its answer. A lock that was not to be had is
// asked for again; a deadlock, which ends the transaction, only if nothing of
// the unit would be lost by that.
func (w *Writer) send(ctx context.Context, packet []byte) error {
	w.unitBytes += int64(len(packet))
	again := func(err error) bool {
		return isServerError(err, errLockWait) && !w.rollbackOnTimeout || isServerError(err, errDeadlock) && w.unitRows == 0
	}
	return sqlwrite.DefaultBackoff().Do(ctx, again, func() error {
		if !w.session.inTransaction {
			if err := w.beginUnit(ctx); err != nil {
				return err
			}
		}
		end, err := w.session.guard(ctx)
		if err != nil {
			return err
		}
		err = w.session.begin(packet)
		if err == nil {
			_, err = w.session.answer()
		}
		err = end(err)
		if isServerError(err, errDeadlock) {
			w.session.inTransaction = false
		}
		return err
	})
}

// bisect finds the rows of the piece that the server refuses, the first of them
// with the given error. A failed INSERT is undone by the server itself, on an
// engine with transactions; on any other each row goes alone.
func (w *Writer) bisect(ctx context.Context, b *plugins.Batch, rows []int32, cause error) error {
	finding := sqlwrite.Bisection{
		Insert: func(ctx context.Context, from, to int) error { return w.insertText(ctx, b, rows[from:to]) },
		Faulty: isRowFault,
		Refuse: func(row int, err error) { w.refuse(int(rows[row]), err) },
	}
	return finding.Split(ctx, len(rows), cause)
}

// insertEach sends each row alone: for tables without transactions, on which a
// statement that fails leaves the rows before the bad one behind.
func (w *Writer) insertEach(ctx context.Context, b *plugins.Batch, rows []int32) error {
	for _, i := range rows {
		err := w.insertText(ctx, b, []int32{i})
		if isRowFault(err) {
			w.refuse(int(i), err)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse records what the server said of a row. Of a duplicate it gives the key.
func (w *Writer) refuse(i int, err error) { w.refused.Add(rowError(i, err)) }

// tooLarge refuses the rows that no statement can hold.
func (w *Writer) tooLarge(b *plugins.Batch) {
	for i := range b.Rows {
		if w.refused.Has(i) || b.BytesRead < int64(w.maxPacket)/4 && b.Rows > 1 {
			continue
		}
		if n := w.sizeOf(b, i); n > w.maxPacket {
			w.refused.Add(plugins.RowError{Index: i, Code: plugins.RowTooLarge,
				Cause: fmt.Sprintf("the row takes up to %d bytes in a statement, the server's max_allowed_packet is %d", n, w.maxPacket)})
		}
	}
}
