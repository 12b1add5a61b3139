package sqlwrite

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"weft/plugins"
)

// CheckpointTable is the usual name of the table of checkpoints. It lies in the
// database or schema of the target table, since both change in one transaction.
const CheckpointTable = "_weft_checkpoint"

// runSplit is the split number of the row that stands for the run itself.
const runSplit = -1

// Dialect is what the statements here differ in between databases.
type Dialect interface {
	// Quote quotes an identifier.
	Quote(name string) string
	// Placeholder stands for argument n, from 1, in a statement.
	Placeholder(n int) string
	// CreateCheckpoints returns the statement that makes the table, which may
	// be there: columns run (text of up to 64 bytes, compared byte by byte),
	// split, attempt and sequence (32 bits), generation (64 bits), manifest
	// (unbounded text) and changed (a time with a default of now), none NULL,
	// primary key (run, split), on an engine with transactions.
	CreateCheckpoints(table string) string
}

// Checkpoints is the table of checkpoints as one run sees it. The zero value is
// not usable; all fields are required.
type Checkpoints struct {
	Dialect Dialect
	// Table is the table's name, quoted, with its schema if that is needed.
	Table string
	// Run is the run id.
	Run string
}

// statement puts quoted columns ({name}), the table ({}) and placeholders (?)
// into a statement.
func (c Checkpoints) statement(text string) string {
	var b strings.Builder
	for n := 0; text != ""; {
		i := strings.IndexAny(text, "{?")
		if i < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:i])
		if text[i] == '?' {
			n++
			b.WriteString(c.Dialect.Placeholder(n))
			text = text[i+1:]
			continue
		}
		name, rest, _ := strings.Cut(text[i+1:], "}")
		if name == "" {
			b.WriteString(c.Table)
		} else {
			b.WriteString(c.Dialect.Quote(name))
		}
		text = rest
	}
	return b.String()
}

// row is one row of the table.
type row struct {
	generation int64
	attempt    int
	sequence   int
	manifest   string
}

// of says that the row belongs to the attempt.
func (r *row) of(a plugins.Attempt) bool {
	return r.generation == a.Generation && r.attempt == a.Number
}

// before says that the row belongs to an attempt that a replaces.
func (r *row) before(a plugins.Attempt) bool {
	return r.generation < a.Generation || r.generation == a.Generation && r.attempt <= a.Number
}

// read returns the row of a split, nil if there is none; lock keeps it for this
// transaction, and waits for whoever has it.
func (c Checkpoints) read(ctx context.Context, conn Conn, split int, lock bool) (*row, error) {
	query := "SELECT {generation}, {attempt}, {sequence}, {manifest} FROM {} WHERE {run} = ? AND {split} = ?"
	if lock {
		query += " FOR UPDATE"
	}
	rows, err := conn.Query(ctx, c.statement(query), c.Run, split)
	if err != nil {
		return nil, fmt.Errorf("read checkpoint of split %d: %w", split, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	r, err := parseRow(rows[0])
	if err != nil {
		return nil, fmt.Errorf("read checkpoint of split %d in %s: %w", split, c.Table, err)
	}
	return r, nil
}

func parseRow(cells []*string) (*row, error) {
	if len(cells) != 4 {
		return nil, damaged("%d columns where 4 were asked for", len(cells))
	}
	text := make([]string, len(cells))
	for i, cell := range cells {
		if cell == nil {
			return nil, damaged("a NULL in it")
		}
		text[i] = *cell
	}
	r := &row{manifest: text[3]}
	var err1, err2, err3 error
	r.generation, err1 = strconv.ParseInt(text[0], 10, 64)
	r.attempt, err2 = strconv.Atoi(text[1])
	r.sequence, err3 = strconv.Atoi(text[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return nil, damaged("%q, %q, %q are no numbers", text[0], text[1], text[2])
	}
	return r, nil
}

// damaged is a checkpoint that nobody of weft wrote: never a silent start from
// zero.
func damaged(format string, args ...any) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonChanged, Err: fmt.Errorf("damaged row: "+format, args...),
		Hint: "look at the table; a run cannot go on without its checkpoints"}
}

// held returns the manifest of the newest unit, nil if there is none.
func (r *row) held() (*plugins.Manifest, error) {
	if r.sequence < 0 {
		return nil, nil
	}
	m := new(plugins.Manifest)
	if err := json.Unmarshal([]byte(r.manifest), m); err != nil {
		return nil, damaged("its manifest: %v", err)
	}
	if m.Sequence != r.sequence {
		return nil, damaged("its manifest is of unit %d, not %d", m.Sequence, r.sequence)
	}
	return m, nil
}

// Create makes the table if it is not there. It asks first, since an account may
// lack the right to create what somebody else has made for it.
func (c Checkpoints) Create(ctx context.Context, conn Conn) error {
	if _, err := conn.Query(ctx, c.statement("SELECT 1 FROM {} WHERE {run} = ?"), c.Run); err == nil {
		return nil
	}
	if _, err := conn.Exec(ctx, c.Dialect.CreateCheckpoints(c.Table)); err != nil {
		return fmt.Errorf("create table of checkpoints %s: %w", c.Table, err)
	}
	return nil
}

// Begin gives the run its row, with which attempts can be opened. It may be
// repeated.
func (c Checkpoints) Begin(ctx context.Context, conn Conn) error {
	return Transact(ctx, conn, func() error {
		r, err := c.read(ctx, conn, runSplit, true)
		if err != nil || r != nil {
			return err
		}
		return c.insert(ctx, conn, runSplit, row{})
	})
}

func (c Checkpoints) insert(ctx context.Context, conn Conn, split int, r row) error {
	_, err := conn.Exec(ctx, c.statement("INSERT INTO {} ({run}, {split}, {generation}, {attempt}, {sequence}, {manifest}) VALUES (?, ?, ?, ?, ?, ?)"),
		c.Run, split, r.generation, r.attempt, r.sequence, r.manifest)
	if err != nil {
		return fmt.Errorf("insert checkpoint of split %d: %w", split, err)
	}
	return nil
}

// Once runs statement number n of the run's own, from 0, unless it was done:
// the run's row counts them, in the same transaction. A run that has no row any
// more has ended, and everything was done.
func (c Checkpoints) Once(ctx context.Context, conn Conn, n int, f func() error) error {
	return Transact(ctx, conn, func() error {
		r, err := c.read(ctx, conn, runSplit, true)
		if err != nil || r == nil || r.sequence > n {
			return err
		}
		if err := f(); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, c.statement("UPDATE {} SET {sequence} = ? WHERE {run} = ? AND {split} = ? AND {sequence} <= ?"),
			n+1, c.Run, runSplit, n)
		return err
	})
}

// Forget removes every row of the run: it is committed, or given up. Attempts
// that still live can commit nothing from then on.
func (c Checkpoints) Forget(ctx context.Context, conn Conn) error {
	if _, err := conn.Exec(ctx, c.statement("DELETE FROM {} WHERE {run} = ?"), c.Run); err != nil {
		return fmt.Errorf("remove checkpoints of run %s: %w", c.Run, err)
	}
	return nil
}

// Complete returns an error, with ReasonGone, unless the target holds every unit
// of the list: one that was restored from a copy while the run was away does
// not. A run without a row has been committed already.
func (c Checkpoints) Complete(ctx context.Context, conn Conn, units []plugins.Manifest) error {
	return c.complete(ctx, conn, units, true)
}

// Audit is Complete for a run that was not committed: it must have a row.
func (c Checkpoints) Audit(ctx context.Context, conn Conn, units []plugins.Manifest) error {
	return c.complete(ctx, conn, units, false)
}

func (c Checkpoints) complete(ctx context.Context, conn Conn, units []plugins.Manifest, committed bool) error {
	rows, err := conn.Query(ctx, c.statement("SELECT {split}, {sequence} FROM {} WHERE {run} = ?"), c.Run)
	if err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	held := make(map[int]int)
	for _, r := range rows {
		split, err1 := strconv.Atoi(*r[0])
		sequence, err2 := strconv.Atoi(*r[1])
		if err1 != nil || err2 != nil {
			return damaged("%q, %q are no numbers", *r[0], *r[1])
		}
		held[split] = sequence
	}
	if _, ok := held[runSplit]; !ok {
		if committed {
			return nil
		}
		return gone("%s has no row of run %s", c.Table, c.Run)
	}
	for _, u := range units {
		if sequence, ok := held[u.Split]; !ok || sequence < u.Sequence {
			return gone("%s does not hold unit %d of split %d, which was accepted", c.Table, u.Sequence, u.Split)
		}
	}
	return nil
}

// gone is a target that lacks what was accepted in it.
func gone(format string, args ...any) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonGone, Err: fmt.Errorf(format, args...),
		Hint: "the target was restored or its checkpoints were removed while the run was away; start a new run on a target that you know"}
}
