package hdfs

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"

	"github.com/klauspost/compress/gzip"
)

// output is one file being written: plain text, or gzip over it.
type output struct {
	fs   fsys.FS
	name string
	file fsys.File
	// zip is between the text and the file, or nil.
	zip *gzip.Writer
	// rows counts the rows given to it, bytes what reached the file.
	rows, bytes int64
}

// createOutput opens the first file that is not there yet, counting from n, and
// returns the number after it. A folder may hold files of the same attempt
// already: a unit that was redone after a panic.
func createOutput(ctx context.Context, l *layout, dir string, n int, zip *gzip.Writer) (*output, int, error) {
	const most = 1_000_000
	for ; n < most; n++ {
		name := path.Join(dir, fmt.Sprintf("%06d%s", n, extension(l.codec)))
		file, err := l.fs.CreateExclusive(ctx, name, filePerm)
		if errors.Is(err, errExist) {
			continue
		}
		if err != nil {
			return nil, n, err
		}
		o := &output{fs: l.fs, name: name, file: file}
		if l.codec == textfile.Gzip {
			o.zip = zip
			o.zip.Reset(countingWriter{o})
		}
		return o, n + 1, nil
	}
	return nil, n, fmt.Errorf("create file in %s: all %d names are taken", dir, most)
}

// countingWriter is what gzip writes to.
type countingWriter struct{ o *output }

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.o.file.Write(p)
	w.o.bytes += int64(n)
	return n, err
}

// write appends text that holds the given number of rows.
func (o *output) write(text []byte, rows int64) error {
	o.rows += rows
	var err error
	if o.zip != nil {
		_, err = o.zip.Write(text)
	} else {
		_, err = countingWriter{o}.Write(text)
	}
	return err
}

// seal closes the file; it is durable then. A close whose answer was lost is
// looked up before it counts as failed.
func (o *output) seal(ctx context.Context) (plugins.File, error) {
	if o.zip != nil {
		if err := o.zip.Close(); err != nil {
			return plugins.File{}, err
		}
	}
	err := o.file.Close()
	if errors.Is(err, fsys.ErrOutcomeUnknown) {
		err = o.confirm(ctx, err)
	}
	return plugins.File{Path: o.name, Bytes: o.bytes, Rows: o.rows}, err
}

// confirm returns nil if the file is closed with all its bytes after all.
func (o *output) confirm(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := fsys.WaitClosed(ctx, o.fs, o.name); err != nil {
		return errors.Join(cause, err)
	}
	info, err := o.fs.Stat(ctx, o.name)
	if err != nil || info.Size != o.bytes {
		return errors.Join(cause, err, fmt.Errorf("%s has %d bytes, %d were written", o.name, info.Size, o.bytes))
	}
	return nil
}

// drop closes and removes the file.
func (o *output) drop(ctx context.Context) error {
	closeErr := o.file.Close() // what it says no longer matters once the file is gone
	if err := o.fs.Remove(ctx, o.name); err != nil && !errors.Is(err, errNotExist) {
		return errors.Join(err, closeErr)
	}
	return nil
}
