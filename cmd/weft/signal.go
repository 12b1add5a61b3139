package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"weft/internal/fault"
)

// signalled is the cause of a context that ended with a signal.
type signalled struct{ signal os.Signal }

// Error implements error.
func (s signalled) Error() string { return fmt.Sprintf("ended by %v", s.signal) }

// untilSignal returns a context that ends with the first SIGINT or SIGTERM;
// its cause is a signalled. The second signal calls exit at once.
func untilSignal(parent context.Context, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	ended := make(chan struct{})
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		defer close(ended)
		for first := true; ; first = false {
			select {
			case s := <-signals:
				if !first {
					exit(fault.ExitOf(signalCode(s)))
				}
				cancel(signalled{s})
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		<-ended
		cancel(context.Canceled)
	}
}

func signalCode(s os.Signal) string {
	if s == syscall.SIGTERM {
		return fault.CodeTerminated
	}
	return fault.CodeInterrupted
}

// interrupted gives an error its code if it only says that a signal came.
func interrupted(ctx context.Context, err error) error {
	var sig signalled
	if !errors.As(context.Cause(ctx), &sig) || err == nil {
		return err
	}
	var own *fault.Error
	var told quiet
	if errors.As(err, &own) || errors.As(err, &told) {
		return err
	}
	return fault.New(signalCode(sig.signal), "", sig)
}
