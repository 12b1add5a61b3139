package compare

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// rowReader cuts a stream of the text form into rows.
type rowReader struct {
	in      *bufio.Reader
	opts    Options
	columns int
	line    []byte
	row     []field
	number  int64
}

func newRowReader(in io.Reader, o Options, columns int) *rowReader {
	return &rowReader{in: bufio.NewReaderSize(in, 1<<20), opts: o, columns: columns}
}

// next returns the next row, valid until the call after, or io.EOF.
func (r *rowReader) next() ([]field, error) {
	if err := r.readLine(); err != nil {
		return nil, err
	}
	r.number++
	r.row = r.row[:0]
	rest, more := r.line, true
	for more {
		var raw []byte
		raw, rest, more = r.cut(rest)
		r.row = append(r.row, r.value(raw))
	}
	if len(r.row) != r.columns {
		return nil, fmt.Errorf("row %d has %d fields, not %d: %.200q", r.number, len(r.row), r.columns, r.line)
	}
	return r.row, nil
}

// readLine reads to the next LF, which is dropped.
func (r *rowReader) readLine() error {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.line = append(r.line, part...)
		switch {
		case err == nil:
			r.line = r.line[:len(r.line)-1]
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(r.line) > 0:
			return fmt.Errorf("row %d: file ends without LF: %.200q", r.number+1, r.line)
		default:
			return err
		}
	}
}

// cut returns the bytes before the first delimiter that is not escaped, and what is behind it.
func (r *rowReader) cut(line []byte) (raw, rest []byte, more bool) {
	if !r.opts.Escape {
		return bytes.Cut(line, []byte(r.opts.Delimiter))
	}
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if bytes.HasPrefix(line[i:], []byte(r.opts.Delimiter)) {
			return line[:i], line[i+len(r.opts.Delimiter):], true
		}
	}
	return line, nil, false
}

// value undoes the escapes of a field, in place.
func (r *rowReader) value(raw []byte) field {
	if string(raw) == r.opts.NullMarker {
		return nil
	}
	if !r.opts.Escape || bytes.IndexByte(raw, '\\') < 0 {
		return notNil(raw)
	}
	out := raw[:0]
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			i++
			c = r.meaning(raw[i])
		}
		out = append(out, c)
	}
	return notNil(out)
}

func (r *rowReader) meaning(c byte) byte {
	switch {
	case r.opts.EscapeCRLF && c == 'n':
		return '\n'
	case r.opts.EscapeCRLF && c == 'r':
		return '\r'
	}
	return c
}

// notNil keeps an empty text apart from NULL.
func notNil(b []byte) field {
	if b == nil {
		return field{}
	}
	return b
}
