package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// logFilter says which lines of which logs are wanted; the zero value wants
// all that processes wrote.
type logFilter struct {
	container  string // only this one
	failed     bool   // only the end of logs that tell an error
	grep       string // only lines with this text
	everything bool   // YARN's own files too
}

// Bounds of a logPrinter in bytes: longer lines are printed in pieces, and of a
// log that tells an error this much of its end.
const (
	logLineBytes = 1 << 20
	logTailBytes = 32 << 10
)

// logPrinter prints logs line by line, so that each line is scrubbed as a
// whole, each log under a heading.
type logPrinter struct {
	w      io.Writer
	filter logFilter

	seen    int // logs that were there
	printed int // lines
}

// besideLogs are files that the container launch leaves in the log folder
// (ContainerLaunch): how it went, not what the process said.
var besideLogs = []string{"directory.info", "launch_container.sh", "prelaunch.out"}

// visit is an applog.Visit.
func (p *logPrinter) visit(container, name string, log io.Reader) error {
	if p.filter.container != "" && container != p.filter.container {
		return nil
	}
	if !p.filter.everything && slices.Contains(besideLogs, name) {
		return nil
	}
	p.seen++
	page := &logPage{printer: p, title: fmt.Sprintf("=== %s %s ===\n", container, name)}
	// Only a failing launch says anything in prelaunch.err.
	page.failed = name == "prelaunch.err"
	lines := bufio.NewReaderSize(log, logLineBytes)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			if err := page.line(line); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return page.end()
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("read log %s of %s: %w", name, container, err)
		}
	}
}

// logPage is one log on its way to the printer.
type logPage struct {
	printer *logPrinter
	title   string // until it has been printed
	failed  bool   // a line told an error
	tail    [][]byte
	kept    int // bytes in tail
	left    int // lines that did not stay in tail
}

// line takes the next line, which is valid during the call.
func (p *logPage) line(line []byte) error {
	p.failed = p.failed || tellsError(line)
	f := p.printer.filter
	if f.grep != "" && !bytes.Contains(line, []byte(f.grep)) {
		return nil
	}
	if !f.failed {
		return p.print(line)
	}
	p.tail = append(p.tail, bytes.Clone(line))
	p.kept += len(line)
	for p.kept > logTailBytes && len(p.tail) > 1 {
		p.kept -= len(p.tail[0])
		p.tail = p.tail[1:]
		p.left++
	}
	return nil
}

// end prints the tail of a log that told an error.
func (p *logPage) end() error {
	if !p.printer.filter.failed || !p.failed {
		return nil
	}
	if p.left > 0 {
		p.title += fmt.Sprintf("... %d lines before\n", p.left)
	}
	for _, line := range p.tail {
		if err := p.print(line); err != nil {
			return err
		}
	}
	return nil
}

func (p *logPage) print(line []byte) error {
	if line[len(line)-1] != '\n' && len(line) < logLineBytes {
		line = append(bytes.Clone(line), '\n')
	}
	if p.title != "" {
		if _, err := io.WriteString(p.printer.w, p.title); err != nil {
			return fmt.Errorf("print log: %w", err)
		}
		p.title = ""
	}
	if _, err := p.printer.w.Write(line); err != nil {
		return fmt.Errorf("print log: %w", err)
	}
	p.printer.printed++
	return nil
}

// tellsError knows the lines by which a process says that something went wrong:
// weft's log and reports, the Go runtime's last words, bash's.
func tellsError(line []byte) bool {
	if bytes.Contains(line, []byte("level=ERROR")) {
		return true
	}
	for _, start := range []string{"error[", "panic: ", "fatal error: ", "runtime: ", "bash: ", "Exception in thread"} {
		if bytes.HasPrefix(line, []byte(start)) {
			return true
		}
	}
	return false
}
