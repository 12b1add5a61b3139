package mem

import (
	"io/fs"
	"path"
	"strings"
	"time"

	"weft/internal/fsys"
)

// node is a file or a directory. All fields are guarded by store.mu.
type node struct {
	perm     fs.FileMode
	mod      time.Time
	children map[string]*node // directory; nil for a file
	parent   *node            // nil for the root and for what was removed

	data    []byte
	durable int        // bytes of data that survive a crash
	named   bool       // the name itself survives a crash
	writer  *writeFile // who has it open for writing; nil when closed
	polls   int        // answers "not closed yet" still to give
	lock    *lock      // directory: its holder
}

func (n *node) dir() bool { return n.children != nil }

// visible is what others read: on HDFS nothing that is not closed.
func (s *store) visible(n *node) []byte {
	if n.writer != nil && s.opts.Leases {
		return n.data[:n.durable]
	}
	return n.data
}

func (s *store) info(name string, n *node) fsys.Info {
	return fsys.Info{Name: name, Size: int64(len(s.visible(n))), Dir: n.dir(), Perm: n.perm, ModTime: n.mod}
}

func (s *store) now() time.Time { return s.opts.Now().Round(0).Truncate(time.Millisecond) }

func (s *store) newDir(perm fs.FileMode) *node {
	return &node{perm: perm.Perm(), mod: s.now(), children: map[string]*node{}, named: true}
}

// find walks from the root; the name is clean.
func (s *store) find(name string) (*node, error) {
	n := s.root
	if name == "/" {
		return n, nil
	}
	for part := range strings.SplitSeq(name[1:], "/") {
		if !n.dir() {
			return nil, fsys.ErrNotDir
		}
		child, ok := n.children[part]
		if !ok {
			return nil, fs.ErrNotExist
		}
		n = child
	}
	return n, nil
}

// parent finds the directory that name is, or would be, an entry of.
func (s *store) parent(name string) (dir *node, base string, err error) {
	if name == "/" {
		return nil, "", fs.ErrExist
	}
	dir, err = s.find(path.Dir(name))
	if err == nil && !dir.dir() {
		err = fsys.ErrNotDir
	}
	return dir, path.Base(name), err
}

func (s *store) link(dir *node, base string, n *node) {
	dir.children[base] = n
	dir.mod = s.now()
	n.parent = dir
}

// unlink removes an entry with all below it. A file still open for writing
// loses its writer, as the NameNode drops the lease of a deleted file.
func (s *store) unlink(dir *node, base string) {
	n := dir.children[base]
	delete(dir.children, base)
	dir.mod = s.now()
	s.drop(n)
}

func (s *store) drop(n *node) {
	n.parent = nil
	s.used -= int64(len(n.data))
	for _, child := range n.children {
		s.drop(child)
	}
}
