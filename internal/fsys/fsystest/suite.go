package fsystest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/internal/fsys"
)

// caseTimeout bounds a case: none of them waits for anything but its own calls.
const caseTimeout = time.Minute

// Env is a back end under test.
type Env struct {
	FS  fsys.FS
	Dir string // existing, empty, writable; each case makes its own folder in it

	// Other is a second client of the same storage, as another process would
	// have. nil: FS itself is used.
	Other fsys.FS
	// Leases says that an open file belongs to its writer until another client
	// recovers it (HDFS).
	Leases bool
	// Stranger is a client of another user who may not write in Dir; nil where
	// the back end has no users, or the test is run by root.
	Stranger fsys.FS
	// Entries is the size of the largest directory that is listed; over 1000 on
	// HDFS, whose listings come in pages of that many (dfs.ls.limit).
	Entries int
}

// Run runs every case as a subtest.
func Run(t *testing.T, env Env) {
	if env.Other == nil {
		env.Other = env.FS
	}
	for i, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
			defer cancel()
			k := &kit{T: t, Env: env, ctx: ctx, dir: fmt.Sprintf("%s/case %02d", env.Dir, i)}
			if err := env.FS.Mkdir(ctx, k.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			c.run(k)
		})
	}
}

var cases = []struct {
	name string
	run  func(*kit)
}{
	{"no create makes a missing parent", createWithoutParent},
	{"a parent that is a file is ErrNotDir", parentIsFile},
	{"an exclusive create has one winner", exclusiveWinner},
	{"an exclusive create refuses what is there", exclusiveRefuses},
	{"create replaces a file but no directory", createReplaces},
	{"mkdir refuses what is there", mkdirRefuses},
	{"MkdirAll makes parents and accepts them", mkdirAll},
	{"what is closed reads back whole", readBack},
	{"a file is open for one thing only", modes},
	{"close may be called twice and ends the file", closeTwice},
	{"what is synced is there if sync is durable", syncVisible},
	{"open refuses directories and nothing", openRefuses},
	{"a reader seeks and reads anywhere", seeks},
	{"list is sorted and complete", lists},
	{"stat tells size, kind, rights and time", stats},
	{"names may hold anything but slash and colon", oddNames},
	{"unclean names are refused", uncleanNames},
	{"rename replaces a file", renameReplaces},
	{"rename replaces an empty directory only", renameDirectories},
	{"rename needs source and parent", renameNeeds},
	{"rename without replacing refuses what is there", renameNoReplaceRefuses},
	{"rename without replacing has one winner", renameNoReplaceWinner},
	{"a folder renamed away cannot be written by its old name", renamedAway},
	{"remove takes a file or an empty directory", removes},
	{"remove all takes a tree and nothing", removesAll},
	{"a recovered lease stops the writer", leaseRecovery},
	{"a recovered file keeps what was durable and can be renamed", recoverRename},
	{"a cancelled context stops every call", cancelled},
	{"strangers get ErrPermission", strangers},
	{"there is space", space},
}

// kit is what a case works with. Its must-functions end the case on an error.
type kit struct {
	*testing.T
	Env
	ctx context.Context
	dir string // this case's own folder
}

func (k *kit) path(name string) string { return k.dir + "/" + name }

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// write makes a closed file with this text.
func (k *kit) write(name, text string) string {
	k.Helper()
	k.must(fsys.WriteFileExclusive(k.ctx, k.FS, k.path(name), []byte(text), 0o644))
	return k.path(name)
}

func (k *kit) mkdir(name string) string {
	k.Helper()
	k.must(k.FS.Mkdir(k.ctx, k.path(name), 0o755))
	return k.path(name)
}

// holds checks the text of a file, read by the other client.
func (k *kit) holds(path, want string) {
	k.Helper()
	got, err := fsys.ReadFile(k.ctx, k.Other, path, 1<<20)
	k.must(err)
	if string(got) != want {
		k.Errorf("%s holds %q; want %q", path, got, want)
	}
}
