package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"weft/internal/fsys"
	"weft/plugins"
)

// Check implements plugins.Checker. It looks and makes nothing; a file system that
// can say whether it would let this user write is asked.
func (w *writer) Check(ctx context.Context) []plugins.Finding {
	if err := w.reach(ctx); err != nil {
		return []plugins.Finding{failed("path", err)}
	}
	info, err := w.fs.Stat(ctx, w.target.Name)
	switch {
	case errors.Is(err, errNotExist):
		return w.checkParent(ctx)
	case err != nil:
		return []plugins.Finding{failed("path", classed("look at target", err))}
	case !info.Dir:
		return []plugins.Finding{fail("path", "name a folder", "%s is a file", w.target)}
	}
	findings := []plugins.Finding{w.writable(ctx, w.target.Name, info)}
	old, err := w.replaced(ctx)
	if err != nil {
		findings = append(findings, failed("writeMode", err))
	}
	if len(old) > 0 {
		var bytes int64
		for _, f := range old {
			bytes += f.Size
		}
		findings = append(findings, plugins.Finding{Severity: plugins.Note, Key: "writeMode",
			Text: fmt.Sprintf("%d files of %d bytes will be moved to %s when the new ones are visible",
				len(old), bytes, path.Join(w.inside(), replacedName))})
	}
	return append(findings, w.checkSpace(ctx, w.target.Name)...)
}

// checkParent looks at the nearest folder that exists.
func (w *writer) checkParent(ctx context.Context) []plugins.Finding {
	for dir := path.Dir(w.target.Name); ; dir = path.Dir(dir) {
		info, err := w.fs.Stat(ctx, dir)
		switch {
		case errors.Is(err, errNotExist) && dir != "/":
			continue
		case err != nil:
			return []plugins.Finding{failed("path", classed("look at target", err))}
		case !info.Dir:
			return []plugins.Finding{fail("path", "", "%s is a file", w.location(dir))}
		}
		return append([]plugins.Finding{
			{Severity: plugins.OK, Key: "path", Text: fmt.Sprintf("%s does not exist and will be made by one rename", w.target)},
			w.writable(ctx, dir, info),
		}, w.checkSpace(ctx, dir)...)
	}
}

// lowSpaceBytes is the room below which a warning is due.
const lowSpaceBytes = 1 << 30

func (w *writer) checkSpace(ctx context.Context, dir string) []plugins.Finding {
	space, err := w.fs.Space(ctx, dir)
	switch {
	case errors.Is(err, fsys.ErrUnsupported):
		return nil
	case err != nil:
		return []plugins.Finding{{Severity: plugins.Warn, Key: "path", Text: classed("look at the free space", err).Error()}}
	case space.FreeBytes <= 0 || space.FreeNames == 0:
		return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonSpace, Key: "path",
			Text: fmt.Sprintf("%s is full: room for %d bytes and %d names", w.location(dir), space.FreeBytes, space.FreeNames)}}
	case space.FreeBytes < lowSpaceBytes:
		return []plugins.Finding{{Severity: plugins.Warn, Reason: plugins.ReasonSpace, Key: "path",
			Text: fmt.Sprintf("%s has room for %d bytes only", w.location(dir), space.FreeBytes)}}
	}
	return []plugins.Finding{{Severity: plugins.OK, Key: "path",
		Text: fmt.Sprintf("%s has room for %d MiB", w.location(dir), space.FreeBytes>>20)}}
}

// writable says what was found, and whether files can be made in it.
func (w *writer) writable(ctx context.Context, dir string, info fsys.Info) plugins.Finding {
	const writeAndEnter = 3
	err := fsys.Access(ctx, w.fs, dir, writeAndEnter)
	if err == nil || errors.Is(err, fsys.ErrUnsupported) {
		return reached(w.location(dir), info)
	}
	f := failed("path", classed("write to "+w.location(dir), err))
	if errors.Is(err, fs.ErrPermission) {
		f.Hint = "it is " + rights(info)
	}
	return f
}

// reached says what was found, and warns where nobody at all may write.
func reached(location string, info fsys.Info) plugins.Finding {
	f := plugins.Finding{Severity: plugins.OK, Key: "path",
		Text: fmt.Sprintf("%s is there, %s", location, rights(info))}
	if info.Perm&0o222 == 0 {
		f.Severity, f.Reason, f.Hint = plugins.Warn, plugins.ReasonPermission, "chmod u+w"
	}
	return f
}

// rights are the permission bits, with the owner where the back end has one.
func rights(info fsys.Info) string {
	if info.Owner == "" {
		return info.Perm.String()
	}
	return fmt.Sprintf("%v of %s:%s", info.Perm, info.Owner, info.Group)
}

// failed turns an error into a finding.
func failed(key string, err error) plugins.Finding {
	f := plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonOf(err), Key: key, Text: err.Error()}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		f.Hint = classed.Hint
	}
	return f
}
