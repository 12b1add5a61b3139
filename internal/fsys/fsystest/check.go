package fsystest

import (
	"errors"
	"io/fs"
	"strings"
)

// is checks that an error is the wanted one and has the form "op path: cause".
func (k *kit) is(what string, err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Errorf("%s: got the error %v; want %v", what, err, want)
		return
	}
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) {
		k.Errorf("%s: the error %v is a %T; want a *fs.PathError", what, err, err)
		return
	}
	if !strings.Contains(err.Error(), pathErr.Path) || pathErr.Path == "" {
		k.Errorf("%s: the error %q does not name its path", what, err)
	}
}

// absent checks that there is nothing under this name.
func (k *kit) absent(path string) {
	k.Helper()
	_, err := k.Other.Stat(k.ctx, path)
	k.is("stat of "+path, err, fs.ErrNotExist)
}

// names lists a directory by the other client.
func (k *kit) names(dir string) string {
	k.Helper()
	infos, err := k.Other.List(k.ctx, dir)
	k.must(err)
	var names []string
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return strings.Join(names, " ")
}
