package textfile

import (
	"bytes"
	"fmt"

	"weft/plugins"
)

// nextQuoted reads one CSV row.
//
//	row   = field *(delimiter field) (LF | CR LF | end)
//	field = *any-but-delimiter-and-LF | quote *(any-but-quote | quote quote) quote
//
// A quote inside an unquoted field is an ordinary character. What follows a
// closing quote must be a delimiter or line end. A quote that is not closed
// within the limit is the fault of its first line alone: the rows behind it
// are not lost.
func (d *Decoder) nextQuoted() (Row, error) {
	for {
		line, next, err := d.line()
		if err != nil {
			return Row{}, err
		}
		if bytes.IndexByte(line, d.format.Quote) < 0 {
			row := Row{Raw: line, Fields: d.split(line)}
			d.start = next
			return row, nil
		}
		size, problem := d.splitQuoted(d.buf[d.start:d.end])
		within := d.limit + len("\r\n")
		switch {
		case problem == "" && size >= 0 && size <= within:
			row := Row{Raw: trimLineEnd(d.buf[d.start : d.start+size]), Fields: d.fields}
			d.start += size
			return row, nil
		case problem == "" && size < 0 && !d.eof && d.end-d.start <= within:
			// Not all there yet: read until the buffer is full, so that the
			// cost of starting over stays in proportion.
			if err := d.fillUp(); err != nil {
				return Row{}, err
			}
		default:
			if problem == "" {
				problem = fmt.Sprintf("a quote is not closed within %d bytes", d.limit)
			}
			e := &LineError{Code: plugins.RowFormat, Cause: problem, Raw: append([]byte(nil), line...), Offset: d.Offset()}
			d.start = next
			return Row{}, e
		}
	}
}

// fillUp doubles the buffer if it is full, and fills it.
func (d *Decoder) fillUp() error {
	for first := true; !d.eof && (first || d.end < len(d.buf)); first = false {
		if err := d.fill(); err != nil {
			return err
		}
	}
	return nil
}

func trimLineEnd(p []byte) []byte {
	p = bytes.TrimSuffix(p, []byte("\n"))
	return bytes.TrimSuffix(p, []byte("\r"))
}

// splitQuoted cuts the row at the front of p into fields and returns its length
// with its line end; -1 if p ends before the row does. problem says what is
// wrong with the row.
func (d *Decoder) splitQuoted(p []byte) (size int, problem string) {
	d.fields = d.fields[:0]
	d.scratch = d.scratch[:0]
	if cap(d.scratch) < len(p) {
		d.scratch = make([]byte, 0, len(p))
	}
	for at := 0; ; {
		field, end := d.plainField(p, at)
		isQuoted := at < len(p) && p[at] == d.format.Quote
		if isQuoted {
			field, end = d.quotedField(p, at+1)
		}
		if end < 0 {
			return -1, ""
		}
		if isQuoted {
			d.fields = append(d.fields, field)
		} else {
			d.addField(field)
		}
		rest := p[end:]
		switch {
		case len(rest) == 0 && d.eof:
			return end, ""
		case bytes.HasPrefix(rest, []byte("\n")):
			return end + 1, ""
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return end + 2, ""
		case bytes.HasPrefix(rest, []byte(d.format.Delimiter)):
			at = end + len(d.format.Delimiter)
		case !d.eof && len(rest) <= len(d.format.Delimiter):
			return -1, ""
		default:
			return 0, "something other than a delimiter follows a closing quote"
		}
	}
}

// plainField returns the unquoted field at p[at:] and where it ends; -1 if p
// ends first and more may come.
func (d *Decoder) plainField(p []byte, at int) (field []byte, end int) {
	line, size := findLineEnd(p[at:], d.eof, false)
	switch {
	case line >= 0 && size > 0:
		line += at
	case d.eof:
		line = len(p)
	default:
		return nil, -1
	}
	if i := bytes.Index(p[at:line], []byte(d.format.Delimiter)); i >= 0 {
		line = at + i
	}
	return p[at:line], line
}

// quotedField returns the field behind an opening quote, and where its closing
// quote ends; -1 if p ends first.
func (d *Decoder) quotedField(p []byte, at int) (field []byte, end int) {
	quote := d.format.Quote
	from := len(d.scratch)
	for {
		i := bytes.IndexByte(p[at:], quote)
		if i < 0 {
			return nil, -1
		}
		d.scratch = append(d.scratch, p[at:at+i]...)
		at += i + 1
		switch {
		case at < len(p) && p[at] == quote:
			d.scratch = append(d.scratch, quote)
			at++
		case at == len(p) && !d.eof:
			return nil, -1
		default:
			return d.scratch[from:], at
		}
	}
}
