package fsystest

import (
	"context"
	"io/fs"
	"sync"
	"sync/atomic"

	"weft/internal/fsys"
)

func createWithoutParent(k *kit) {
	_, err := k.FS.Create(k.ctx, k.path("no/file"), 0o644)
	k.is("create", err, fs.ErrNotExist)
	_, err = k.FS.CreateExclusive(k.ctx, k.path("no/file"), 0o644)
	k.is("exclusive create", err, fs.ErrNotExist)
	k.is("mkdir", k.FS.Mkdir(k.ctx, k.path("no/dir"), 0o755), fs.ErrNotExist)
	k.absent(k.path("no"))
}

func parentIsFile(k *kit) {
	file := k.write("file", "x")
	_, err := k.FS.Create(k.ctx, file+"/a", 0o644)
	k.is("create", err, fsys.ErrNotDir)
	_, err = k.FS.CreateExclusive(k.ctx, file+"/a", 0o644)
	k.is("exclusive create", err, fsys.ErrNotDir)
	k.is("mkdir", k.FS.Mkdir(k.ctx, file+"/a", 0o755), fsys.ErrNotDir)
	_, err = k.FS.Stat(k.ctx, file+"/a")
	k.is("stat", err, fsys.ErrNotDir)
	k.is("mkdir all", fsys.MkdirAll(k.ctx, k.FS, file, 0o755), fsys.ErrNotDir)
}

// race runs one call in n goroutines, alternating between the two clients, and
// says how many succeeded; every other one must have failed with fs.ErrExist.
func (k *kit) race(n int, call func(ctx context.Context, f fsys.FS, i int) error) int64 {
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			f := k.FS
			if i%2 == 1 {
				f = k.Other
			}
			err := call(k.ctx, f, i)
			if err == nil {
				won.Add(1)
				return
			}
			k.is("the loser of a race", err, fs.ErrExist)
		})
	}
	wg.Wait()
	return won.Load()
}

func exclusiveWinner(k *kit) {
	for round := range 5 {
		name := k.path(string(rune('a' + round)))
		won := k.race(8, func(ctx context.Context, f fsys.FS, _ int) error {
			return fsys.WriteFileExclusive(ctx, f, name, []byte("mine"), 0o644)
		})
		if won != 1 {
			k.Errorf("%d of 8 exclusive creates of %s succeeded; want 1", won, name)
		}
		k.holds(name, "mine")
	}
}

func exclusiveRefuses(k *kit) {
	closed := k.write("closed", "old")
	_, err := k.FS.CreateExclusive(k.ctx, closed, 0o644)
	k.is("a closed file", err, fs.ErrExist)
	k.holds(closed, "old")

	open, err := k.FS.CreateExclusive(k.ctx, k.path("open"), 0o644)
	k.must(err)
	_, err = k.FS.CreateExclusive(k.ctx, k.path("open"), 0o644)
	k.is("an open file of the same client", err, fs.ErrExist)
	_, err = k.Other.CreateExclusive(k.ctx, k.path("open"), 0o644)
	k.is("an open file of another client", err, fs.ErrExist)
	k.must(open.Close())

	_, err = k.FS.CreateExclusive(k.ctx, k.mkdir("dir"), 0o644)
	k.is("a directory", err, fs.ErrExist)
}

func createReplaces(k *kit) {
	name := k.write("file", "a long old text")
	f, err := k.FS.Create(k.ctx, name, 0o644)
	k.must(err)
	_, err = f.Write([]byte("new"))
	k.must(err)
	k.must(f.Close())
	k.holds(name, "new")

	dir := k.mkdir("dir")
	_, err = k.FS.Create(k.ctx, dir, 0o644)
	k.is("an empty directory", err, fsys.ErrIsDir)
	if got := k.names(k.dir); got != "dir file" {
		k.Errorf("afterwards there are %q; want %q", got, "dir file")
	}
}

func mkdirRefuses(k *kit) {
	k.is("a directory", k.FS.Mkdir(k.ctx, k.mkdir("dir"), 0o755), fs.ErrExist)
	k.is("a file", k.FS.Mkdir(k.ctx, k.write("file", "x"), 0o755), fs.ErrExist)
	k.holds(k.path("file"), "x")
}

func mkdirAll(k *kit) {
	deep := k.path("a/b/c")
	k.must(fsys.MkdirAll(k.ctx, k.FS, deep, 0o755))
	k.must(fsys.MkdirAll(k.ctx, k.FS, deep, 0o755))
	info, err := k.Other.Stat(k.ctx, deep)
	k.must(err)
	if !info.Dir || info.Name != "c" {
		k.Errorf("stat = %+v; want the directory c", info)
	}
}
