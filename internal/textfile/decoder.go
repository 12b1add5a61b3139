package textfile

import (
	"errors"
	"fmt"
	"io"

	"weft/plugins"
)

// Row is one row of a file. It is valid until the next call of Decoder.Next.
type Row struct {
	// Fields are the values, escapes and quotes undone; nil is NULL, empty
	// text is not nil.
	Fields [][]byte
	// Raw is the row as it stands in the file, without its line end.
	Raw []byte
}

// LineError is a row that cannot be taken apart. The decoder stands behind it
// and goes on with the next one.
type LineError struct {
	// Code is RowFormat, or RowTooLarge beyond the decoder's limit.
	Code plugins.RowCode
	// Cause says what is wrong.
	Cause string
	// Raw is the row as far as it was kept: its first 4 KiB if too large.
	Raw []byte
	// Offset is where the row starts, in bytes of the (decompressed) stream.
	Offset int64
}

// Error implements error.
func (e *LineError) Error() string {
	return fmt.Sprintf("line at byte %d: %s: %s", e.Offset, e.Code, e.Cause)
}

// Decoder cuts a stream into rows. Its buffer holds one row at a time at least:
//
//	buf  [ behind us | unread window  . . . | free ]
//	                 start    scanned       end
//
// It belongs to one goroutine at a time.
type Decoder struct {
	r      io.Reader
	format Format
	limit  int

	buf        []byte
	start, end int
	// scanned is where the search for the row's end goes on after a refill.
	scanned int
	// base is the offset of buf[0] in the stream.
	base int64
	eof  bool

	fields  [][]byte
	scratch []byte
}

const (
	bufferBytes = 256 << 10
	keepRaw     = 4 << 10
)

// NewDecoder returns a Decoder of r, which stands at the given offset of its
// stream; offsets are counted from there. A row longer than limitBytes is a
// LineError. The format must be valid.
func NewDecoder(r io.Reader, format Format, offset int64, limitBytes int) *Decoder {
	return &Decoder{r: r, format: format, limit: limitBytes, base: offset, buf: make([]byte, min(bufferBytes, limitBytes+2))}
}

// Offset is where the next row starts, in bytes of the stream.
func (d *Decoder) Offset() int64 { return d.base + int64(d.start) }

// Next returns the next row; io.EOF after the last one; a *LineError for a row
// that cannot be taken apart, after which Next goes on; or the stream's error.
// A last row without line end counts as a row.
func (d *Decoder) Next() (Row, error) {
	if d.format.Quote != 0 {
		return d.nextQuoted()
	}
	line, next, err := d.line()
	if err != nil {
		return Row{}, err
	}
	row := Row{Raw: line, Fields: d.split(line)}
	d.start = next
	return row, nil
}

// Skip goes on behind the next line end: what a reader does that starts inside
// a row. io.EOF if there is none. Not for CSV, where a line end may be quoted.
func (d *Decoder) Skip() error {
	_, next, err := d.line()
	var broken *LineError
	if errors.As(err, &broken) {
		return nil
	}
	if err == nil {
		d.start = next
	}
	return err
}

// line returns the line at start without its end, and where the next starts.
func (d *Decoder) line() (line []byte, next int, err error) {
	d.scanned = d.start
	for {
		at, size := findLineEnd(d.buf[d.scanned:d.end], d.eof, d.format.Quote == 0)
		if at >= 0 {
			at += d.scanned
			if at-d.start > d.limit {
				return nil, 0, d.tooLarge(at, size)
			}
			return d.buf[d.start:at], at + size, nil
		}
		if d.eof {
			return d.rest()
		}
		// A CR that ends the window is looked at again: LF may follow.
		d.scanned = max(d.start, d.end-1)
		if d.end-d.start > d.limit+1 {
			return nil, 0, d.skipLarge()
		}
		if err := d.fill(); err != nil {
			return nil, 0, err
		}
	}
}

// rest returns what stands behind the last line end.
func (d *Decoder) rest() ([]byte, int, error) {
	switch {
	case d.start == d.end:
		return nil, 0, io.EOF
	case d.end-d.start > d.limit:
		return nil, 0, d.tooLarge(d.end, 0)
	}
	return d.buf[d.start:d.end], d.end, nil
}

// tooLarge steps over the row that ends at buf[at], with a line end of size.
func (d *Decoder) tooLarge(at, size int) *LineError {
	e := d.largeError()
	d.start = at + size
	return e
}

func (d *Decoder) largeError() *LineError {
	return &LineError{
		Code:   plugins.RowTooLarge,
		Cause:  fmt.Sprintf("the row is longer than %d bytes", d.limit),
		Raw:    append([]byte(nil), d.buf[d.start:min(d.start+keepRaw, d.end)]...),
		Offset: d.Offset(),
	}
}

// skipLarge steps over a row whose end is not in the buffer yet, without
// keeping it. The stream's error wins over the LineError.
func (d *Decoder) skipLarge() error {
	e := d.largeError()
	for {
		d.start = d.scanned
		if err := d.fill(); err != nil {
			return err
		}
		at, size := findLineEnd(d.buf[d.start:d.end], d.eof, d.format.Quote == 0)
		if at >= 0 {
			d.start += at + size
			return e
		}
		if d.eof {
			d.start = d.end
			return e
		}
		d.scanned = max(d.start, d.end-1)
	}
}

// fill reads more of the stream into the buffer, having made room; it sets eof
// at the end of the stream.
func (d *Decoder) fill() error {
	if d.start > 0 {
		copy(d.buf, d.buf[d.start:d.end])
		d.base += int64(d.start)
		d.scanned -= d.start
		d.end -= d.start
		d.start = 0
	}
	if d.end == len(d.buf) {
		d.buf = append(d.buf, make([]byte, len(d.buf))...)
	}
	n, err := readSome(d.r, d.buf[d.end:])
	d.end += n
	if err == io.EOF {
		d.eof, err = true, nil
	}
	return err
}

// readSome reads at least one byte or returns an error; a reader that keeps
// returning nothing is io.ErrNoProgress.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 100 {
		if n, err := r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}
