package textfile

import (
	"bytes"
	"strings"
)

// findLineEnd returns where the first line end stands in p and how long it is;
// -1 if there is none yet. With cr a CR ends a line too, alone or before LF;
// one at the very end of p counts only if final, since LF may follow.
func findLineEnd(p []byte, final, cr bool) (at, size int) {
	lf := bytes.IndexByte(p, '\n')
	line := p
	if lf >= 0 {
		line = p[:lf]
	}
	at = -1
	if cr {
		at = bytes.IndexByte(line, '\r')
	} else if lf > 0 && p[lf-1] == '\r' {
		at = lf - 1
	}
	switch {
	case at >= 0 && at+1 == lf:
		return at, 2
	case at >= 0 && (at+1 < len(p) || final):
		return at, 1
	case at >= 0:
		return -1, 0
	}
	return lf, 1
}

// split cuts a plain line into fields, which stay valid as long as the line and
// until the next call.
func (d *Decoder) split(line []byte) [][]byte {
	d.fields = d.fields[:0]
	if d.format.Escape != 0 && bytes.IndexByte(line, d.format.Escape) >= 0 {
		d.splitEscaped(line)
		return d.fields
	}
	delimiter := d.format.Delimiter
	for {
		var at int
		if len(delimiter) == 1 {
			at = bytes.IndexByte(line, delimiter[0])
		} else {
			at = bytes.Index(line, []byte(delimiter))
		}
		if at < 0 {
			d.addField(line)
			return d.fields
		}
		d.addField(line[:at])
		line = line[at+len(delimiter):]
	}
}

// addField adds a field without escapes.
func (d *Decoder) addField(field []byte) {
	if string(field) == d.format.Null {
		field = nil
	}
	d.fields = append(d.fields, field)
}

// splitEscaped cuts a line that holds escapes, as LazyStruct.parse does. The
// NULL marker is compared before escapes are undone.
func (d *Decoder) splitEscaped(line []byte) {
	d.scratch = d.scratch[:0]
	if cap(d.scratch) < len(line) {
		// Fields point into scratch, so it must not move under them.
		d.scratch = make([]byte, 0, len(line))
	}
	start := 0
	for i := 0; i <= len(line); i++ {
		switch {
		case i == len(line) || line[i] == d.format.Delimiter[0]:
			d.addEscaped(line[start:i])
			start = i + 1
		case line[i] == d.format.Escape && i+1 < len(line):
			i++
		}
	}
}

// addEscaped adds a field whose escapes are to be undone, as
// LazyUtils.copyAndEscapeStringDataToText does.
func (d *Decoder) addEscaped(field []byte) {
	escape := d.format.Escape
	if string(field) == d.format.Null {
		d.fields = append(d.fields, nil)
		return
	}
	from := len(d.scratch)
	for i := 0; i < len(field); i++ {
		b := field[i]
		if b == escape && i+1 < len(field) {
			i++
			b = field[i]
			if at := strings.IndexByte("nr", b); at >= 0 && d.format.EscapeCRLF {
				b = "\n\r"[at]
			}
		}
		d.scratch = append(d.scratch, b)
	}
	d.fields = append(d.fields, d.scratch[from:])
}
