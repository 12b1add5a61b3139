package applog

import (
	"bytes"
	"io"
	"strconv"
)

// frame takes off what the NodeManager puts around a log it serves as text
// (LogToolUtils.outputContainerLog):
//
//	Container: container_1_0001_01_000001 on node1:45454
//	LogType:stderr
//	LogLength:129                       in bytes
//	LogContents:
//	... the log ...
//	End of LogType:stderr. ...          on a line of its own if the log ends one
//
// The header's length says where the log ends. Where it says nothing, the
// footer is looked for in the last bytes only, so a log that contains such a
// line keeps it.
type frame struct {
	r      io.Reader
	chunk  []byte // what is read into
	buffer []byte
	inside bool
	ended  bool
	sized  bool  // the header told the length
	left   int64 // if sized: bytes of the log that have not been handed out
}

const (
	frameHeader = "LogContents:\n"
	frameLength = "LogLength:"
	frameFooter = "End of LogType:"
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
			f.left -= int64(n)
			return n, nil
		}
		if f.ended || f.sized && f.left == 0 {
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
	if f.sized {
		return int(min(int64(len(f.buffer)), f.left))
	}
	if f.ended {
		return len(f.buffer)
	}
	return max(0, len(f.buffer)-keepBack)
}

func (f *frame) fill() error {
	if f.chunk == nil {
		f.chunk = make([]byte, 32<<10)
	}
	n, err := f.r.Read(f.chunk)
	f.buffer = append(f.buffer, f.chunk[:n]...)
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
		f.left, f.sized = lengthIn(f.buffer[:at])
		f.buffer = f.buffer[at+len(frameHeader):]
		f.inside = true
	case last, len(f.buffer) > maxHeader:
		f.inside = true // no header at all: older releases send the bare log
	}
}

// lengthIn finds the length of the log in its header.
func lengthIn(header []byte) (int64, bool) {
	for line := range bytes.Lines(header) {
		if digits, ok := bytes.CutPrefix(line, []byte(frameLength)); ok {
			n, err := strconv.ParseInt(string(bytes.TrimSpace(digits)), 10, 64)
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

func (f *frame) cutFooter() {
	if f.sized {
		return
	}
	tail := max(0, len(f.buffer)-keepBack)
	at := bytes.LastIndex(f.buffer[tail:], []byte(frameFooter))
	if at < 0 || tail+at > 0 && f.buffer[tail+at-1] != '\n' {
		return
	}
	f.buffer = f.buffer[:tail+at]
}
