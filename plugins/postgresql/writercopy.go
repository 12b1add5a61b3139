package postgresql

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// incoming is the temporary table into which rows go that may meet others; its
// column weft_row counts them, so that of several with one key the last wins.
const incoming = "pg_temp.weft_incoming"

// prepareCopy makes the statements that move a batch and, for the modes in which
// rows meet others, the session's table of incoming rows.
func (w *Writer) prepareCopy(ctx context.Context) error {
	names := make([]string, len(w.columns))
	for i, c := range w.columns {
		names[i] = quote(c.Name)
	}
	format := pick(w.binary, "binary", "text")
	list := strings.Join(names, ", ")
	w.mergeSQL = ""
	if w.config.mode == sqlwrite.Insert {
		w.copySQL = "COPY " + w.into.quoted() + " (" + list + ") FROM STDIN (FORMAT " + format + ")"
		return nil
	}
	op := "prepare " + string(w.config.mode) + " into " + w.into.String()
	if w.key == nil {
		return fatal(op, plugins.ReasonConfig, "write all columns of the key", "the job writes no unique key of the table as a whole: %s", describeKeys(w.goal.keys))
	}
	for _, statement := range []string{"DROP TABLE IF EXISTS " + incoming,
		"CREATE TEMP TABLE weft_incoming ON COMMIT DELETE ROWS AS SELECT " + list + ", 0::int AS weft_row FROM " + w.into.quoted() + " WITH NO DATA"} {
		if _, err := w.session.Exec(ctx, statement); err != nil {
			return writeFault(op, err)
		}
	}
	w.fields = uint16(len(w.columns) + 1)
	w.copySQL = "COPY " + incoming + " (" + list + ", weft_row) FROM STDIN (FORMAT " + format + ")"
	w.mergeSQL = w.merge(names)
	return nil
}

func describeKeys(keys [][]string) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = "(" + strings.Join(k, ", ") + ")"
	}
	return strings.Join(list, ", ")
}

// merge returns the statement that brings the incoming rows into the table, in
// the order of the key. Replace also gives columns that the job does not name
// their defaults.
func (w *Writer) merge(names []string) string {
	key := make([]string, len(w.key))
	for i, c := range w.key {
		key[i] = names[c]
	}
	var set []string
	for i, name := range names {
		if !slices.Contains(w.key, i) {
			set = append(set, name+" = EXCLUDED."+name)
		}
	}
	if w.config.mode == sqlwrite.Replace {
		for _, c := range w.goal.columns {
			if !c.generated && !c.always && !slices.Contains(names, quote(c.Name)) {
				set = append(set, quote(c.Name)+" = DEFAULT")
			}
		}
	}
	act := "DO NOTHING"
	if len(set) > 0 {
		act = "DO UPDATE SET " + strings.Join(set, ", ")
	}
	overriding := ""
	if slices.ContainsFunc(w.columns, func(c sink) bool { return c.always }) {
		overriding = " OVERRIDING SYSTEM VALUE"
	}
	keys, list := strings.Join(key, ", "), strings.Join(names, ", ")
	return "INSERT INTO " + w.into.quoted() + " (" + list + ")" + overriding + " SELECT DISTINCT ON (" + keys + ") " + list + " FROM " + incoming +
		" ORDER BY " + keys + ", weft_row DESC ON CONFLICT (" + keys + ") " + act + "; TRUNCATE " + incoming
}

// store sends the rows, tried again for locks; those that the server refuses are
// found by halving.
func (w *Writer) store(ctx context.Context, b *plugins.Batch, rows []int32) error {
	send := func(ctx context.Context, from, to int) error {
		return sqlwrite.DefaultBackoff().Do(ctx, contended, func() error { return w.send(ctx, b, rows[from:to]) })
	}
	size := w.config.BatchSize
	for from := 0; from < len(rows); from += size {
		part := rows[from:min(from+size, len(rows))]
		err := sqlwrite.Bisection{
			Insert: func(ctx context.Context, low, high int) error { return send(ctx, from+low, from+high) },
			Faulty: isRowFault,
			Refuse: func(row int, err error) { w.refused.Add(rowError(int(part[row]), err)) },
		}.Run(ctx, len(part))
		if err != nil {
			return err
		}
	}
	return nil
}

// send moves rows in one COPY under a savepoint, which an error returns to:
//
//	first of the unit   BEGIN; SAVEPOINT s; COPY ...
//	later               RELEASE SAVEPOINT s; SAVEPOINT s; COPY ...
//
// Savepoints of one name would otherwise pile up.
func (w *Writer) send(ctx context.Context, b *plugins.Batch, rows []int32) error {
	begin := "SAVEPOINT weft_batch; "
	switch {
	case !w.session.inTransaction() && (w.unitRows > 0 || w.saved):
		return &plugins.Error{Class: plugins.Transient, Err: fmt.Errorf("the server ended the transaction of the unit")}
	case !w.session.inTransaction():
		begin = "BEGIN; " + begin
	case w.saved:
		begin = "RELEASE SAVEPOINT weft_batch; " + begin
	}
	statements := begin + w.copySQL
	if w.mergeSQL != "" {
		statements += "; " + w.mergeSQL
	}
	next := w.rowsOf(b, rows)
	n, err := w.session.copyIn(ctx, statements, next)
	if err == nil {
		w.saved = true
		w.unitBytes += n
		return nil
	}
	if w.session.broken {
		return err
	}
	if w.session.status == 'I' { // BEGIN itself failed
		return err
	}
	if _, rerr := w.session.Exec(ctx, "ROLLBACK TO SAVEPOINT weft_batch"); rerr != nil {
		return fmt.Errorf("return to savepoint: %w", rerr)
	}
	w.saved = true
	return err
}

// rowsOf returns what appends one row after the other for copyIn, header and
// trailer included.
func (w *Writer) rowsOf(b *plugins.Batch, rows []int32) func(dst []byte) ([]byte, error) {
	at := -1
	return func(dst []byte) ([]byte, error) {
		at++
		switch {
		case at == len(rows) && w.binary:
			return append(dst, 0xff, 0xff), endOfRows
		case at == len(rows):
			return dst, endOfRows
		case w.binary && at == 0:
			dst = append(append(dst, copySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
		}
		i := int(rows[at])
		if w.binary {
			dst = w.appendTuple(dst, b, i)
			if w.mergeSQL != "" {
				dst = binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(at))
			}
			return dst, nil
		}
		dst = w.appendLine(dst, b, i)
		if w.mergeSQL != "" {
			dst = fmt.Appendf(append(dst, '\t'), "%d", at)
		}
		return append(dst, '\n'), nil
	}
}

// holdsNUL says that some value of a vector held in Data may hold a character 0.
func holdsNUL(v *plugins.Vector) bool { return bytes.IndexByte(v.Data, 0) >= 0 }

func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, name := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return strings.EqualFold(name, other) }) {
			return false
		}
	}
	return true
}
