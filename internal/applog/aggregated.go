package applog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"weft/internal/fsys"
	"weft/yarnrpc/tfile"
)

// Aggregated reads the logs that NodeManagers gathered.
type Aggregated struct {
	// FS holds them.
	FS fsys.Reader
	// Root is yarn.nodemanager.remote-app-log-dir.
	Root string
	// Suffix is yarn.nodemanager.remote-app-log-dir-suffix, "logs" if empty.
	Suffix string
	// User owns the application.
	User string
}

// ErrNoLogs says that no folder of aggregated logs exists for an application:
// it still runs, aggregation is off or has not ended, or they have expired.
var ErrNoLogs = errors.New("no aggregated logs")

// Walk visits every log of the application; ErrNoLogs if there are none.
// unfinished names the nodes whose files are still being written.
func (a Aggregated) Walk(ctx context.Context, application string, visit Visit) (unfinished []string, err error) {
	dir, entries, err := a.find(ctx, application)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		switch {
		case entry.Dir:
		case strings.HasSuffix(entry.Name, ".tmp"):
			unfinished = append(unfinished, strings.TrimSuffix(entry.Name, ".tmp"))
		default:
			if err := a.walkFile(ctx, path.Join(dir, entry.Name), entry.Size, visit); err != nil {
				return unfinished, err
			}
		}
	}
	return unfinished, nil
}

// find returns the application's folder. Releases differ in its place
// (LogAggregationFileController.getRemoteAppLogDir): since 3.3 below a bucket
// named after the last four digits of the id, before that directly below the
// suffix, which carries the format's name since 3.1 unless
// yarn.log-aggregation.<format>.remote-app-log-dir-suffix replaces it whole.
func (a Aggregated) find(ctx context.Context, application string) (string, []fsys.Info, error) {
	user := path.Join(a.Root, a.User)
	for _, dir := range a.candidates(application) {
		entries, err := a.FS.List(ctx, dir)
		if err == nil {
			return dir, entries, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, fmt.Errorf("list aggregated logs: %w", err)
		}
	}
	return "", nil, fmt.Errorf("%w of %s below %s", ErrNoLogs, application, user)
}

func (a Aggregated) candidates(application string) []string {
	suffix := a.Suffix
	if suffix == "" {
		suffix = "logs"
	}
	user := path.Join(a.Root, a.User)
	bucket := "0000"
	if at := strings.LastIndexByte(application, '_'); at >= 0 {
		if n, err := strconv.Atoi(application[at+1:]); err == nil {
			bucket = fmt.Sprintf("%04d", n%10_000)
		}
	}
	return []string{
		path.Join(user, "bucket-"+suffix+"-tfile", bucket, application),
		path.Join(user, suffix+"-tfile", application),
		path.Join(user, "bucket-"+suffix, bucket, application),
		path.Join(user, suffix, application),
	}
}

func (a Aggregated) walkFile(ctx context.Context, name string, size int64, visit Visit) (err error) {
	file, err := a.FS.Open(ctx, name)
	if err != nil {
		return fmt.Errorf("open aggregated log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	source, ok := file.(io.ReaderAt)
	if !ok {
		return fmt.Errorf("open aggregated log %s: %w", name, fsys.ErrUnsupported)
	}
	var visiting error
	err = tfile.Walk(source, size, func(container, log string, r io.Reader) error {
		visiting = visit(container, log, r)
		return visiting
	})
	if err != nil && visiting == nil && ctx.Err() == nil {
		return fmt.Errorf("read aggregated log %s, which `yarn logs` may be able to: %w", name, err)
	}
	return err
}
