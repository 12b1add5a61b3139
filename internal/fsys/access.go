package fsys

import (
	"context"
	"io/fs"
)

// Accessor is implemented by back ends that can be asked for rights. Ask
// through [Access].
type Accessor interface {
	// Access returns nil if the caller may do all of what bits says to name
	// (4 read or list, 2 write, 1 enter), else fs.ErrPermission;
	// fs.ErrNotExist when there is nothing.
	Access(ctx context.Context, name string, bits fs.FileMode) error
}

// Access asks a back end for rights; ErrUnsupported where that cannot be asked,
// and only trying tells.
func Access(ctx context.Context, f FS, name string, bits fs.FileMode) error {
	a, ok := f.(Accessor)
	if !ok {
		return ErrUnsupported
	}
	return a.Access(ctx, name, bits)
}
