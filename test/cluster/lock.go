package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrLocked says that another process, or another holder in this one, has the lock.
var ErrLocked = errors.New("held by another process")

// fileLock is an flock(2) lock. The kernel drops it when its holder dies, however it dies, so no stale lock can exist.
type fileLock struct{ f *os.File }

// TryLock takes the lock at path, making the file and its folder when missing, or returns ErrLocked at once.
// Close of what it returns, and the end of the process, give the lock back.
func TryLock(path string) (io.Closer, error) {
	l, err := tryLock(path)
	if err != nil {
		return nil, err // a nil *fileLock would be a Closer that is not nil
	}
	return l, nil
}

func tryLock(path string) (*fileLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &fileLock{f}, nil
}

// lock waits for the lock at path, for at most limit.
func lock(ctx context.Context, path string, limit time.Duration) (*fileLock, error) {
	var l *fileLock
	err := Await(ctx, limit, "lock "+path, func(context.Context) (err error) {
		l, err = tryLock(path)
		if err != nil && !errors.Is(err, ErrLocked) {
			return fmt.Errorf("%w: %w", errHopeless, err)
		}
		return err
	})
	return l, err
}

// Close gives the lock back. The file stays: removing it would let two processes lock two files of one name.
func (l *fileLock) Close() error { return l.f.Close() }
