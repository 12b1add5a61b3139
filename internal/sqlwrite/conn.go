package sqlwrite

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Conn is one connection to the target, hence one transaction at a time. Calls
// never overlap. Errors are the driver's, classed by the plugin.
type Conn interface {
	// Exec runs one statement and returns the number of rows it changed.
	Exec(ctx context.Context, statement string, args ...any) (rows int64, err error)
	// Query returns all rows of a query as texts; a nil is NULL.
	Query(ctx context.Context, query string, args ...any) ([][]*string, error)
}

// rollbackTimeout bounds the ROLLBACK after an error: a connection that takes
// longer is broken, and closing it rolls back as well.
const rollbackTimeout = 10 * time.Second

// Transact runs f between BEGIN and COMMIT. An error of f rolls back and is
// returned. If COMMIT itself fails, the outcome is unknown unless the error is
// the server's own refusal.
func Transact(ctx context.Context, c Conn, f func() error) error {
	if _, err := c.Exec(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(); err != nil {
		rollback(ctx, c)
		return err
	}
	if _, err := c.Exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback cannot fail in a way that matters: of a connection that is gone the
// server rolls back by itself, and the error before is the one that counts.
func rollback(ctx context.Context, c Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_, _ = c.Exec(ctx, "ROLLBACK") // see above
}

// Within runs f between SAVEPOINT and, if f fails, ROLLBACK TO SAVEPOINT: what
// f did is undone, and the transaction can go on. name is an identifier that
// needs no quotes. It is for databases in which a failed statement spoils the
// transaction (PostgreSQL), and for statements that must be undone although they
// did not fail.
func Within(ctx context.Context, c Conn, name string, f func() error) error {
	if _, err := c.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	err := f()
	if err == nil {
		return nil
	}
	if _, rerr := c.Exec(ctx, "ROLLBACK TO SAVEPOINT "+name); rerr != nil {
		return errors.Join(err, fmt.Errorf("return to savepoint: %w", rerr))
	}
	return err
}
