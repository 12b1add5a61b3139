package applog

import (
	"bytes"
	"io"
)

// frame takes off what the NodeManager puts around a log it serves as text
// (LogToolUtils.outputContainerLog): a header that ends with the line
// "LogContents:" and a footer that begins with "End of LogType:". The footer is
// looked for in the last bytes only, so a log that contains such a line keeps
// it.
type frame struct {
	r      io.Reader
	buffer []byte
	inside bool
	ended  bool
}

const (
	frameHeader = "LogContents:\n"
	frameFooter = "\nEnd of LogType:"
	// keepBack is more than any footer has: its line, a line of stars and
	// what NodeManagers append about a file still being written.
	keepBack  = 1 << 10
	maxHeader = 64 << 10
)

// Read implements io.Reader.
func (f *frame) Read(p []byte) (int, error) {
	for {
		if n := f.ready(); n > 0 {
			n = copy(p, f.buffer[:n])
			f.buffer = f.buffer[n:]
			return n, nil
		}
		if f.ended {
			return 0, io.EOF
		}
		if err := f.fill(); err != nil {
			return 0, err
		}
	}
}

// ready counts the bytes of the buffer that surely belong to the log.
func (f *frame) ready() int {
	if !f.inside {
		return 0
	}
	if f.ended {
		return len(f.buffer)
	}
	return max(0, len(f.buffer)-keepBack)
}

func (f *frame) fill() error {
	chunk := make([]byte, 32<<10)
	n, err := f.r.Read(chunk)
	f.buffer = append(f.buffer, chunk[:n]...)
	if !f.inside {
		f.cutHeader(err == io.EOF)
	}
	if err == io.EOF {
		f.ended = true
		f.cutFooter()
		return nil
	}
	return err
}

func (f *frame) cutHeader(last bool) {
	at := bytes.Index(f.buffer, []byte(frameHeader))
	switch {
	case at >= 0:
		f.buffer = f.buffer[at+len(frameHeader):]
		f.inside = true
	case last, len(f.buffer) > maxHeader:
		f.inside = true // no header at all: older releases send the bare log
	}
}

func (f *frame) cutFooter() {
	tail := max(0, len(f.buffer)-keepBack)
	if at := bytes.LastIndex(f.buffer[tail:], []byte(frameFooter)); at >= 0 {
		f.buffer = f.buffer[:tail+at]
	}
}
