package plugintest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// Suite says what to test. Either side may be nil.
type Suite struct {
	Reader *Reader
	Writer *Writer
}

// caseTimeout bounds one case. A plugin that hangs fails by it.
const caseTimeout = 60 * time.Second

// Run runs every case that the suite's description allows, one after the
// other, as subtests named after the sentence they test.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if s.Reader == nil && s.Writer == nil {
		t.Fatal("plugintest: neither a reader nor a writer to test")
	}
	if s.Reader != nil {
		for _, c := range readerCases {
			if c.when == nil || c.when(s.Reader) {
				t.Run("reader/"+c.name, func(t *testing.T) { report(t, bounded(s.Reader, c.check)) })
			}
		}
	}
	if s.Writer != nil {
		for _, c := range writerCases {
			if c.when == nil || c.when(s.Writer) {
				t.Run("writer/"+c.name, func(t *testing.T) { report(t, bounded(s.Writer, c.check)) })
			}
		}
	}
}

func report(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// named is one sentence of the contract about S. A case returns an error
// instead of taking a *testing.T, so that the suite can be tested: on a plugin
// that breaks the sentence it must return one.
type named[S any] struct {
	name  string
	check func(ctx context.Context, s S) error
	// when says whether the case applies; nil for always.
	when func(s S) bool
}

// bounded runs a case under caseTimeout, panics turned into errors.
func bounded[S any](s S, check func(context.Context, S) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), caseTimeout,
		fmt.Errorf("the case took more than %s", caseTimeout))
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return check(ctx, s)
}

// closing joins the error of closing to the one that a case found.
func closing(err *error, c interface{ Close() error }) {
	if cerr := c.Close(); cerr != nil {
		*err = errors.Join(*err, fmt.Errorf("close: %w", cerr))
	}
}
