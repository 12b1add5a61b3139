package fsystest

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"weft/internal/fsys"
)

func lists(k *kit) {
	if got := k.names(k.mkdir("empty")); got != "" {
		k.Errorf("an empty directory lists %q", got)
	}
	_, err := k.FS.List(k.ctx, k.path("nothing"))
	k.is("nothing", err, fs.ErrNotExist)
	_, err = k.FS.List(k.ctx, k.write("file", "x"))
	k.is("a file", err, fsys.ErrNotDir)

	dir := k.mkdir("many")
	var want []string
	for i := range k.Entries {
		want = append(want, fmt.Sprintf("%x", i*7919))
		k.must(k.FS.Mkdir(k.ctx, dir+"/"+want[i], 0o755))
	}
	slices.Sort(want)
	infos, err := k.Other.List(k.ctx, dir)
	k.must(err)
	var got []string
	for _, info := range infos {
		got = append(got, info.Name)
	}
	if !slices.Equal(got, want) {
		k.Errorf("the list has %d entries, or another order; want the %d made", len(got), len(want))
	}
}

func stats(k *kit) {
	before := time.Now().Add(-2 * time.Second)
	name := k.path("f")
	k.must(fsys.WriteFileExclusive(k.ctx, k.FS, name, []byte("12345"), 0o600))
	k.must(k.FS.Mkdir(k.ctx, k.path("d"), 0o700))

	file, err := k.FS.Stat(k.ctx, name)
	k.must(err)
	if file.Name != "f" || file.Size != 5 || file.Dir || file.Perm != 0o600 {
		k.Errorf("stat of the file = %+v; want f, 5 bytes, 0600", file)
	}
	if file.ModTime.Before(before) || file.ModTime.After(time.Now().Add(2*time.Second)) ||
		file.ModTime != file.ModTime.Truncate(time.Millisecond) {
		k.Errorf("time of the file = %v; want now, in whole milliseconds", file.ModTime)
	}
	dir, err := k.FS.Stat(k.ctx, k.path("d"))
	k.must(err)
	if dir.Name != "d" || dir.Size != 0 || !dir.Dir || dir.Perm != 0o700 {
		k.Errorf("stat of the directory = %+v; want d, directory, 0700", dir)
	}
	infos, err := k.FS.List(k.ctx, k.dir)
	k.must(err)
	if len(infos) != 2 || infos[0] != dir || infos[1] != file {
		k.Errorf("the list is %+v; want what stat says: %+v, %+v", infos, dir, file)
	}
	root, err := k.FS.Stat(k.ctx, "/")
	k.must(err)
	if root.Name != "" || !root.Dir {
		k.Errorf("stat of / = %+v; want a directory without a name", root)
	}
	k.absent(k.path("nothing"))
}

func oddNames(k *kit) {
	for _, name := range []string{"with space", "中文.txt", "100%25", "a?b#c", `back\slash"quote'`, "dt=2024-01-01", ".hidden", "*[x]"} {
		k.write(name, name)
		k.holds(k.path(name), name)
		info, err := k.Other.Stat(k.ctx, k.path(name))
		k.must(err)
		if info.Name != name {
			k.Errorf("stat of %q gives the name %q", name, info.Name)
		}
	}
}

func uncleanNames(k *kit) {
	file := k.write("f", "x")
	for _, name := range []string{"", "relative", k.dir + "//f", k.dir + "/", k.dir + "/../x", k.dir + "/./f", k.dir + "/a\x00b"} {
		for what, err := range map[string]error{
			"stat":   second(k.FS.Stat(k.ctx, name)),
			"open":   second(k.FS.Open(k.ctx, name)),
			"list":   second(k.FS.List(k.ctx, name)),
			"create": second(k.FS.CreateExclusive(k.ctx, name, 0o644)),
			"mkdir":  k.FS.Mkdir(k.ctx, name, 0o755),
			"remove": k.FS.Remove(k.ctx, name),
			"from":   k.FS.Rename(k.ctx, name, k.path("g")),
			"to":     k.FS.RenameNoReplace(k.ctx, file, name),
		} {
			if err == nil {
				k.Errorf("%s of %q succeeded", what, name)
				continue
			}
			if name != "" {
				k.is(fmt.Sprintf("%s of %q", what, name), err, fs.ErrInvalid)
			}
		}
	}
	k.holds(file, "x")
}

func second[T any](_ T, err error) error { return err }

func cancelled(k *kit) {
	file := k.write("f", "x")
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	for what, err := range map[string]error{
		"stat":      second(k.FS.Stat(ctx, file)),
		"open":      second(k.FS.Open(ctx, file)),
		"list":      second(k.FS.List(ctx, k.dir)),
		"create":    second(k.FS.Create(ctx, file, 0o644)),
		"exclusive": second(k.FS.CreateExclusive(ctx, k.path("g"), 0o644)),
		"mkdir":     k.FS.Mkdir(ctx, k.path("g"), 0o755),
		"rename":    k.FS.Rename(ctx, file, k.path("g")),
		"noreplace": k.FS.RenameNoReplace(ctx, file, k.path("g")),
		"remove":    k.FS.Remove(ctx, file),
		"removeall": k.FS.RemoveAll(ctx, file),
		"recover":   second(k.FS.RecoverLease(ctx, file)),
		"isclosed":  second(k.FS.IsClosed(ctx, file)),
		"space":     second(k.FS.Space(ctx, k.dir)),
	} {
		k.is(what, err, context.Canceled)
	}
	k.holds(file, "x")
	k.absent(k.path("g"))
}

func strangers(k *kit) {
	if k.Stranger == nil {
		return
	}
	file := k.write("f", "x")
	k.must(k.FS.Mkdir(k.ctx, k.path("private"), 0o700))
	_, err := k.Stranger.CreateExclusive(k.ctx, k.path("g"), 0o644)
	k.is("create", err, fs.ErrPermission)
	_, err = k.Stranger.Create(k.ctx, file, 0o644)
	k.is("replace", err, fs.ErrPermission)
	k.is("mkdir", k.Stranger.Mkdir(k.ctx, k.path("g"), 0o755), fs.ErrPermission)
	k.is("remove", k.Stranger.Remove(k.ctx, file), fs.ErrPermission)
	k.is("remove all", k.Stranger.RemoveAll(k.ctx, file), fs.ErrPermission)
	k.is("rename", k.Stranger.Rename(k.ctx, file, k.path("g")), fs.ErrPermission)
	k.is("rename", k.Stranger.RenameNoReplace(k.ctx, file, k.path("g")), fs.ErrPermission)
	_, err = k.Stranger.List(k.ctx, k.path("private"))
	k.is("list", err, fs.ErrPermission)
	_, err = k.Stranger.Stat(k.ctx, k.path("private/x"))
	k.is("stat", err, fs.ErrPermission)
	k.holds(file, "x")
}

func space(k *kit) {
	s, err := k.FS.Space(k.ctx, k.dir)
	k.must(err)
	if s.TotalBytes <= 0 || s.FreeBytes <= 0 || s.FreeBytes > s.TotalBytes || s.FreeNames == 0 || s.FreeNames < -1 {
		k.Errorf("space = %+v; want some, and not more free than there is", s)
	}
	_, err = k.FS.Space(k.ctx, k.path("nothing"))
	k.is("space of nothing", err, fs.ErrNotExist)
}
