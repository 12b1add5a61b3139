package hdfs

import (
	"context"
	"errors"
	"fmt"
	"path"

	"weft/internal/fsys"
	"weft/plugins"
)

var _ plugins.Auditor = (*writer)(nil)

// Audit implements plugins.Auditor: every sealed file of the units must be where
// it was sealed, with as many bytes. It lists each folder once.
func (w *writer) Audit(ctx context.Context, units []plugins.Manifest) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	if _, err := w.staging(ctx); errors.Is(err, errNotExist) {
		return w.gone(fmt.Errorf("the folder of the run, %s or %s, is gone", w.inside(), w.beside()))
	} else if err != nil {
		return classed("audit "+w.target.String(), err)
	}
	folders := make(map[string]map[string]int64) // sizes by name, by folder
	for _, unit := range units {
		for _, f := range unit.Files {
			sealed, err := fsys.Parse(f.Path)
			if err != nil {
				return &plugins.Error{Class: plugins.Bug, Op: "audit", Err: err}
			}
			dir := path.Dir(sealed.Name)
			if folders[dir] == nil {
				if folders[dir], err = w.sizes(ctx, dir); err != nil {
					return classed("audit "+w.target.String(), err)
				}
			}
			size, there := folders[dir][path.Base(sealed.Name)]
			switch {
			case !there:
				return w.gone(fmt.Errorf("unit %d of split %d was accepted, and its file %s is gone", unit.Sequence, unit.Split, f.Path))
			case size != f.Bytes:
				return w.gone(fmt.Errorf("unit %d of split %d was accepted with %d bytes, and its file %s has %d",
					unit.Sequence, unit.Split, f.Bytes, f.Path, size))
			}
		}
	}
	return nil
}

// sizes lists the files of a folder; none if it is not there.
func (w *writer) sizes(ctx context.Context, dir string) (map[string]int64, error) {
	sizes := make(map[string]int64)
	entries, err := w.fs.List(ctx, dir)
	if errors.Is(err, errNotExist) {
		return sizes, nil
	}
	for _, e := range entries {
		sizes[e.Name] = e.Size
	}
	return sizes, err
}

func (w *writer) gone(cause error) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonGone, Op: "audit " + w.target.String(), Err: cause,
		Hint: fmt.Sprintf("nothing was changed; put it back and resume, or weft resume %s --from-scratch begins anew", w.run)}
}
