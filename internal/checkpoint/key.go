package checkpoint

import (
	"context"
	"fmt"
	"path"

	"weft/internal/fsys"
)

// keyName holds the run's key, which seals the secrets in spec.json. Only the
// owner of the run folder can read it (0700, 0600).
const keyName = "key"

// PutKey stores the key of a new run, whole or not at all: another process that
// submits the same run at the same moment never sees half of it. fs.ErrExist if
// the run has one.
func (f Folder) PutKey(ctx context.Context, key []byte) error {
	if err := f.putBytes(ctx, keyName, key, f.FS.RenameNoReplace); err != nil {
		return fmt.Errorf("put key of the run: %w", err)
	}
	return nil
}

// Key returns the run's key; fs.ErrNotExist if it has none.
func (f Folder) Key(ctx context.Context) ([]byte, error) {
	return fsys.ReadFile(ctx, f.FS, path.Join(f.Dir, keyName), 1<<10)
}
