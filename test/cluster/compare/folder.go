package compare

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder is a place with files. Names are relative to it, with slashes.
type Folder interface {
	// List returns the names of all files below, hidden ones left out, in order.
	List(ctx context.Context) ([]string, error)
	// Open returns the content of one of them.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Local is a folder of the local disk.
type Local string

var _ Folder = Local("")

// List implements Folder.
func (l Local) List(context.Context) ([]string, error) {
	var names []string
	err := filepath.WalkDir(string(l), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != string(l) && hidden(e.Name()) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.Type().IsRegular() {
			rel, err := filepath.Rel(string(l), p)
			names = append(names, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return names, err
}

// Open implements Folder.
func (l Local) Open(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(l), filepath.FromSlash(name)))
}

// hidden tells whether Hive and MapReduce overlook a name.
func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }
