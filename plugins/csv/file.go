package csv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

// mark is the byte order mark that some programs put before UTF-8.
const mark = "\xef\xbb\xbf"

// file is an open file of rows.
type file struct {
	source
	closer io.Closer
	rows   *textfile.Decoder
	// header are the names in the first line; nil without header, or if the
	// file is empty.
	header []string
	// width is the number of fields a row must have; 0 if unknown.
	width int
}

// openFile opens a file behind its header line.
func (r *reader) openFile(ctx context.Context, s source) (_ *file, err error) {
	op := "open " + s.Path
	fs, name, err := r.open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(ctx, name)
	if err != nil {
		return nil, fault(op, err)
	}
	if now := sourceOf(s.Path, info); now != s {
		return nil, fatal(plugins.ReasonChanged, op, fmt.Errorf("the file has changed since the run began: it has %d bytes, planned were %d, "+
			"or another time of change", now.Bytes, s.Bytes))
	}
	codec, err := r.config.codec(name)
	if err != nil {
		return nil, fatal(plugins.ReasonConfig, op, err)
	}
	raw, err := fs.Open(ctx, name)
	if err != nil {
		return nil, fault(op, err)
	}
	f := &file{source: s, closer: raw}
	if s.Bytes == 0 { // no valid gzip, and yet no mistake
		f.rows = textfile.NewDecoder(raw, r.config.format(), 0, r.maxRow())
		return f, nil
	}
	if err := f.start(r, raw, codec); err != nil {
		return nil, errors.Join(fault(op, err), raw.Close())
	}
	return f, nil
}

// start begins to read: byte order mark and header.
func (f *file) start(r *reader, raw fsys.File, codec textfile.Codec) error {
	text, err := textfile.Decompress(raw, codec)
	if err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(text, 16)
	offset := int64(0)
	if first, err := buffered.Peek(len(mark)); err == nil && string(first) == mark {
		offset = int64(len(mark))
		if _, err := buffered.Discard(len(mark)); err != nil {
			return err
		}
	}
	f.rows = textfile.NewDecoder(buffered, r.config.format(), offset, r.maxRow())
	if !r.config.Header {
		return nil
	}
	row, err := f.rows.Next()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	f.header = []string{}
	for _, name := range row.Fields {
		f.header = append(f.header, string(trim(name)))
	}
	f.width = len(f.header)
	return nil
}

// seek goes on at an offset that a position named. Rows before it are read
// again and dropped: an offset means the text, not the compressed bytes, and
// the header has to be read anyway.
func (f *file) seek(ctx context.Context, offset int64) error {
	for n := 0; f.rows.Offset() < offset; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := f.rows.Next()
		var broken *textfile.LineError
		if err != nil && !errors.As(err, &broken) {
			return fmt.Errorf("go on at byte %d: %w", offset, err)
		}
	}
	if f.rows.Offset() != offset {
		return fmt.Errorf("go on at byte %d: no row begins there", offset)
	}
	return nil
}
