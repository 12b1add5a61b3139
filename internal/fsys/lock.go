package fsys

import (
	"context"
	"errors"
	"io"
)

// Lock takes the lock of a directory where the back end has locks. ok is false,
// and nothing is held, where it has leases instead (HDFS): there the old process
// is kept away by RecoverLease. ErrLocked when another process holds it.
func Lock(ctx context.Context, f FS, dir string) (held io.Closer, ok bool, err error) {
	l, isLocker := f.(Locker)
	if !isLocker {
		return nil, false, nil
	}
	held, err = l.Lock(ctx, dir)
	if errors.Is(err, ErrUnsupported) {
		return nil, false, nil
	}
	return held, err == nil, err
}
