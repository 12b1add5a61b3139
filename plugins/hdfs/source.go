package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

// sourceFile is one file to be read.
type sourceFile struct {
	fs       fsys.FS
	location fsys.Path
	info     fsys.Info
	codec    textfile.Codec
}

// files lists what the job's paths mean, in the order of the paths and of names
// within each: folders with all that lies below them, hidden names left out.
func (r *reader) files(ctx context.Context) ([]sourceFile, error) {
	var list []sourceFile
	seen := make(map[string]bool)
	for _, location := range r.config.Path {
		if r.config.FileName != "" {
			location = strings.TrimRight(location, "/") + "/" + r.config.FileName
		}
		found, err := r.expand(ctx, location)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if key := f.location.String(); !seen[key] {
				seen[key] = true
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// expand lists the files of one location.
func (r *reader) expand(ctx context.Context, location string) ([]sourceFile, error) {
	op := "list " + location
	opener, err := r.opener()
	if err != nil {
		return nil, err
	}
	p, err := opener.Resolve(location)
	if err != nil {
		return nil, fatal(plugins.ReasonConfig, op, "", err)
	}
	f, name, err := opener.Open(ctx, p.String())
	if err != nil {
		return nil, classed(op, err)
	}
	names, err := glob(ctx, f, name)
	if err != nil {
		return nil, classed(op, err)
	}
	if len(names) == 0 {
		return nil, fatal(plugins.ReasonNotFound, op, "", errors.New("nothing is there"))
	}
	w := walker{reader: r, fs: f, root: p}
	for _, name := range names {
		info, err := f.Stat(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fatal(plugins.ReasonNotFound, op, "", err)
		}
		if err == nil {
			err = w.visit(ctx, name, info)
		}
		if err != nil {
			return nil, classed(op, err)
		}
	}
	return w.found, nil
}

// walker collects the files below names.
type walker struct {
	*reader
	fs    fsys.FS
	root  fsys.Path
	found []sourceFile
}

func (w *walker) visit(ctx context.Context, name string, info fsys.Info) error {
	if !info.Dir {
		return w.add(name, info)
	}
	entries, err := w.fs.List(ctx, name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if hidden(e.Name) {
			continue
		}
		if err := w.visit(ctx, path.Join(name, e.Name), e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) add(name string, info fsys.Info) error {
	if w.config.filter != nil && !w.config.filter.MatchString(path.Base(name)) {
		return nil
	}
	codec := w.config.codec
	if codec == textfile.Plain {
		var err error
		if codec, err = textfile.CodecOf(path.Base(name)); err != nil {
			return fatal(plugins.ReasonConfig, "", "", err)
		}
	}
	location := w.root
	location.Name = name
	w.found = append(w.found, sourceFile{fs: w.fs, location: location, info: info, codec: codec})
	return nil
}

// partition returns the value of a folder key=value in a path, decoded as
// org.apache.hadoop.hive.common.FileUtils.unescapePathName does; null is Hive's
// name for the partition of NULL.
func partition(name, key string) (value string, null, ok bool) {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		k, v, found := strings.Cut(part, "=")
		if found && strings.EqualFold(k, key) {
			return unescape(v), v == "__HIVE_DEFAULT_PARTITION__", true
		}
	}
	return "", false, false
}

// unescape undoes %XX; anything else stays as it is.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		var b byte
		if s[i] == '%' && i+2 < len(s) {
			if _, err := fmt.Sscanf(s[i+1:i+3], "%02x", &b); err == nil {
				out.WriteByte(b)
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
