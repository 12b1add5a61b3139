package hdfs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

// layout says where the files of a run lie. All of them are on the file system
// of the target, and hidden from Hive and MapReduce by a leading dot until the
// commit.
//
//	the target exists                         it does not
//	<target>/                                 <parent>/
//	   part-00000-0000-00-<hash>  visible        <name>/               made by one rename
//	   .weft-<run>/                              .weft-<run>/
//	      g1/                                       g1/ ...
//	         0-1/                split-attempt      out/               becomes <name>
//	            000000           sealed file
//	      g2/ ...                a later generation
//	      adopted-g2.json        who of g1 may go on
//	      replaced/              what an overwrite moved away; stays
//
// Which of both holds is decided once, by Prepare, and seen from then on by
// where the folder of the run is.
type layout struct {
	fs     fsys.FS
	target fsys.Path
	run    string
	// prefix stands before the names of final files; the filter of DataX's
	// truncate and nonConflict.
	prefix string
	codec  textfile.Codec
}

// Permissions of what the run makes, before the process's umask: the target
// and its files are as Hadoop makes them by default, the folder of the run is
// nobody else's business.
const (
	dirPerm    fs.FileMode = 0o755
	filePerm   fs.FileMode = 0o644
	hiddenPerm fs.FileMode = 0o700
)

// Names inside the folder of the run.
const (
	outName      = "out"
	replacedName = "replaced"
	adoptedName  = "adopted-"
)

// open finds the target's file system.
func (c *WriterConfig) open(ctx context.Context, setup plugins.Setup, connect Connect) (*layout, error) {
	opener, err := connect(c.DefaultFS, c.hadoop())
	if err != nil {
		return nil, fatal(plugins.ReasonConfig, "open target", "", err)
	}
	l := &layout{run: setup.Run, codec: c.codec}
	location := c.Path
	switch {
	case c.FileName != "" && setup.Dialect == plugins.DialectDataX:
		l.prefix = c.FileName + "__"
	case c.FileName != "":
		location = strings.TrimRight(location, "/") + "/" + c.FileName
	}
	if l.target, err = opener.Resolve(location); err != nil {
		return nil, fatal(plugins.ReasonConfig, "open target", "", err)
	}
	if l.target.Name == "/" {
		return nil, fatal(plugins.ReasonConfig, "open target", "", errors.New("the root folder cannot be a target"))
	}
	if l.fs, _, err = opener.Open(ctx, l.target.String()); err != nil {
		return nil, classed("open target "+l.target.String(), err)
	}
	return l, nil
}

func (l *layout) folder() string { return ".weft-" + l.run }
func (l *layout) inside() string { return path.Join(l.target.Name, l.folder()) }
func (l *layout) beside() string { return path.Join(path.Dir(l.target.Name), l.folder()) }

// location returns a name of this file system as a full location.
func (l *layout) location(name string) string {
	p := l.target
	p.Name = name
	return p.String()
}

// staging finds the folder of the run; fs.ErrNotExist before Prepare, and after
// the end of the run.
func (l *layout) staging(ctx context.Context) (string, error) {
	var err error
	for _, name := range []string{l.inside(), l.beside()} {
		_, err = l.fs.Stat(ctx, name)
		if errors.Is(err, fsys.ErrNotDir) { // the target is a file
			err = errNotExist
		}
		if !errors.Is(err, errNotExist) {
			return name, err
		}
	}
	return "", err
}

func generationName(generation int64) string { return fmt.Sprintf("g%d", generation) }

func attemptName(a plugins.Attempt) string { return fmt.Sprintf("%d-%d", a.Split.ID, a.Number) }

// finalName is where a sealed file ends up: a function of run, split, unit and
// its place in the unit, so that whoever repeats a commit means the same name.
func (l *layout) finalName(unit plugins.Manifest, roll int) string {
	return fmt.Sprintf("%spart-%05d-%04d-%02d-%s%s", l.prefix, unit.Split, unit.Sequence, roll, l.hash(), extension(l.codec))
}

// hash tells the files of this run from those of all others.
func (l *layout) hash() string {
	sum := sha256.Sum256([]byte(l.run))
	return hex.EncodeToString(sum[:6])
}

// ours says that a visible file is one of this run: its commit has begun, and a
// successor looks at the target again.
func (l *layout) ours(name string) bool {
	return strings.HasPrefix(name, l.prefix+"part-") && strings.HasSuffix(name, "-"+l.hash()+extension(l.codec))
}

func extension(codec textfile.Codec) string {
	if codec == textfile.Gzip {
		return ".gz"
	}
	return ""
}

// hidden says that Hive and MapReduce do not see a name
// (org.apache.hadoop.mapred.FileInputFormat.hiddenFileFilter).
func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }

// content lists what the target holds that anybody can see and that a mode is
// about: files whose name has the prefix and that are not of this run, and
// folders.
func (l *layout) content(ctx context.Context) (files, folders []fsys.Info, err error) {
	entries, err := l.fs.List(ctx, l.target.Name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, classed("list target", err)
	}
	for _, e := range entries {
		switch {
		case hidden(e.Name), !strings.HasPrefix(e.Name, l.prefix), !e.Dir && l.ours(e.Name):
		case e.Dir:
			folders = append(folders, e)
		default:
			files = append(files, e)
		}
	}
	return files, folders, nil
}
