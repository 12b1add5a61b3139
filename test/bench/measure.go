package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// sample is what one run of a command took.
type sample struct {
	Wall, CPU time.Duration
	PeakBytes int64
	Rows      int64
}

// command is a process to measure. Stdout goes to Output if that is set.
type command struct {
	Args   []string
	Env    []string
	Output string
}

// run runs the command to its end; a failing command is an error that carries
// the end of what it said.
func (c command) run(ctx context.Context) (sample, error) {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	said := &tail{limit: 2000}
	cmd.Stderr = said
	cmd.Stdout = io.Discard
	if c.Output != "" {
		file, err := os.Create(c.Output)
		if err != nil {
			return sample{}, err
		}
		defer file.Close()
		cmd.Stdout = file
	}
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", c.Args[0], err, said.text)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, fmt.Errorf("%s: no resource usage", c.Args[0])
	}
	// Maxrss is in KiB on Linux (getrusage(2)).
	return sample{Wall: wall, CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), PeakBytes: usage.Maxrss << 10}, nil
}

// tail keeps the last bytes written to it.
type tail struct {
	limit int
	text  []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - t.limit; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

// median returns the median of one figure over samples.
func median[T int64 | time.Duration](samples []sample, figure func(sample) T) T {
	values := make([]T, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func wallOf(s sample) time.Duration { return s.Wall }
func cpuOf(s sample) time.Duration  { return s.CPU }
func peakOf(s sample) int64         { return s.PeakBytes }
