package fsystest

import (
	"context"
	"fmt"
	"io/fs"

	"weft/internal/fsys"
)

func renameReplaces(k *kit) {
	from, to := k.write("from", "new"), k.write("to", "old")
	k.must(k.FS.Rename(k.ctx, from, to))
	k.absent(from)
	k.holds(to, "new")
	k.must(k.FS.Rename(k.ctx, to, k.path("third")))
	k.holds(k.path("third"), "new")
}

func renameDirectories(k *kit) {
	full := k.mkdir("full")
	k.write("full/f", "x")
	empty := k.mkdir("empty")
	k.must(k.FS.Rename(k.ctx, full, empty))
	k.holds(empty+"/f", "x")
	k.absent(full)

	other := k.mkdir("other")
	k.is("onto a directory with entries", k.FS.Rename(k.ctx, other, empty), fsys.ErrNotEmpty)
	file := k.write("file", "y")
	k.is("a file onto a directory", k.FS.Rename(k.ctx, file, other), fsys.ErrIsDir)
	k.is("a directory onto a file", k.FS.Rename(k.ctx, other, file), fsys.ErrNotDir)
	if got := k.names(k.dir); got != "empty file other" {
		k.Errorf("afterwards there are %q", got)
	}
}

func renameNeeds(k *kit) {
	file, dir := k.write("f", "x"), k.mkdir("d")
	for what, rename := range map[string]func(context.Context, string, string) error{
		"rename": k.FS.Rename, "rename without replacing": k.FS.RenameNoReplace,
	} {
		k.is(what+" of nothing", rename(k.ctx, k.path("nothing"), k.path("g")), fs.ErrNotExist)
		k.is(what+" to a missing parent", rename(k.ctx, file, k.path("no/g")), fs.ErrNotExist)
		k.is(what+" below a file", rename(k.ctx, dir, file+"/g"), fsys.ErrNotDir)
		k.is(what+" to itself", rename(k.ctx, file, file), fs.ErrInvalid)
		k.is(what+" into itself", rename(k.ctx, dir, dir+"/g"), fs.ErrInvalid)
	}
	if got := k.names(k.dir); got != "d f" {
		k.Errorf("afterwards there are %q", got)
	}
}

func renameNoReplaceRefuses(k *kit) {
	from, dir := k.write("from", "new"), k.mkdir("dir")
	k.is("onto a file", k.FS.RenameNoReplace(k.ctx, from, k.write("file", "old")), fs.ErrExist)
	k.is("onto an empty directory", k.FS.RenameNoReplace(k.ctx, from, k.mkdir("empty")), fs.ErrExist)
	k.is("a directory onto an empty one", k.FS.RenameNoReplace(k.ctx, dir, k.path("empty")), fs.ErrExist)
	k.is("a directory onto a file", k.FS.RenameNoReplace(k.ctx, dir, k.path("file")), fs.ErrExist)
	k.holds(k.path("file"), "old")
	k.holds(from, "new")

	k.must(k.FS.RenameNoReplace(k.ctx, from, dir+"/f"))
	k.must(k.FS.RenameNoReplace(k.ctx, dir, k.path("moved")))
	k.holds(k.path("moved/f"), "new")
	if got := k.names(k.dir); got != "empty file moved" {
		k.Errorf("afterwards there are %q", got)
	}
}

func renameNoReplaceWinner(k *kit) {
	for i := range 8 {
		k.write(fmt.Sprintf("tmp%d", i), "x")
	}
	won := k.race(8, func(ctx context.Context, f fsys.FS, i int) error {
		return f.RenameNoReplace(ctx, k.path(fmt.Sprintf("tmp%d", i)), k.path("target"))
	})
	if won != 1 {
		k.Errorf("%d of 8 renames without replacing succeeded; want 1", won)
	}
	infos, err := k.Other.List(k.ctx, k.dir)
	k.must(err)
	if len(infos) != 8 {
		k.Errorf("afterwards there are %d files; want the target and 7 losers", len(infos))
	}
}

// renamedAway is the fence that a new AM puts up against its predecessor.
func renamedAway(k *kit) {
	live := k.mkdir("live-000001")
	k.write("live-000001/000001.j", "x")
	k.must(k.Other.Rename(k.ctx, live, k.path("fenced-000001")))
	_, err := k.FS.CreateExclusive(k.ctx, live+"/000002.j", 0o644)
	k.is("exclusive create", err, fs.ErrNotExist)
	_, err = k.FS.Create(k.ctx, live+"/000002.j", 0o644)
	k.is("create", err, fs.ErrNotExist)
	k.is("rename into it", k.FS.Rename(k.ctx, k.write("tmp", "y"), live+"/000002.j"), fs.ErrNotExist)
	if got := k.names(k.dir); got != "fenced-000001 tmp" {
		k.Errorf("afterwards there are %q", got)
	}
}

func removes(k *kit) {
	k.must(k.FS.Remove(k.ctx, k.write("f", "x")))
	k.must(k.FS.Remove(k.ctx, k.mkdir("empty")))
	full := k.mkdir("full")
	k.write("full/f", "x")
	k.is("a directory with entries", k.FS.Remove(k.ctx, full), fsys.ErrNotEmpty)
	k.is("nothing", k.FS.Remove(k.ctx, k.path("nothing")), fs.ErrNotExist)
	if got := k.names(k.dir); got != "full" {
		k.Errorf("afterwards there are %q; want full", got)
	}
}

func removesAll(k *kit) {
	tree := k.mkdir("tree")
	k.mkdir("tree/a")
	k.write("tree/a/f", "x")
	k.write("treetop", "y")
	k.must(k.FS.RemoveAll(k.ctx, tree))
	k.must(k.FS.RemoveAll(k.ctx, tree))
	k.must(k.FS.RemoveAll(k.ctx, k.path("treetop")))
	if got := k.names(k.dir); got != "" {
		k.Errorf("afterwards there are %q; want nothing", got)
	}
	k.is("the root", k.FS.RemoveAll(k.ctx, "/"), fs.ErrInvalid)
}
