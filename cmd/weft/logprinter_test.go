package main

import (
	"errors"
	"strings"
	"testing"

	"weft/internal/fault"
)

// printed is what the printer makes of two logs of one container and one of
// another.
func printed(t *testing.T, f logFilter, logs ...string) (*logPrinter, string) {
	t.Helper()
	var out strings.Builder
	scrub := new(fault.Scrubber)
	scrub.Add("sesame")
	p := &logPrinter{w: scrub.Writer(&out), filter: f}
	for i := 0; i < len(logs); i += 3 {
		if err := p.visit(logs[i], logs[i+1], strings.NewReader(logs[i+2])); err != nil {
			t.Fatal(err)
		}
	}
	return p, out.String()
}

func TestLogPrinter(t *testing.T) {
	logs := []string{
		"c1", "stderr", "level=INFO msg=start\nlevel=ERROR msg=boom\nlast sesame",
		"c1", "stdout", "",
		"c1", "launch_container.sh", "#!/bin/bash\n",
		"c2", "stderr", "level=INFO msg=start\n",
		"c2", "prelaunch.err", "bash: weft: not found\n",
	}
	for _, tt := range []struct {
		name string
		f    logFilter
		want string
	}{
		{"all", logFilter{}, "=== c1 stderr ===\nlevel=INFO msg=start\nlevel=ERROR msg=boom\nlast ******\n" +
			"=== c2 stderr ===\nlevel=INFO msg=start\n=== c2 prelaunch.err ===\nbash: weft: not found\n"},
		{"one container", logFilter{container: "c2"}, "=== c2 stderr ===\nlevel=INFO msg=start\n=== c2 prelaunch.err ===\nbash: weft: not found\n"},
		{"grep", logFilter{grep: "start"}, "=== c1 stderr ===\nlevel=INFO msg=start\n=== c2 stderr ===\nlevel=INFO msg=start\n"},
		{"failed", logFilter{failed: true}, "=== c1 stderr ===\nlevel=INFO msg=start\nlevel=ERROR msg=boom\nlast ******\n" +
			"=== c2 prelaunch.err ===\nbash: weft: not found\n"},
		{"failed and grep", logFilter{failed: true, grep: "last"}, "=== c1 stderr ===\nlast ******\n"},
		{"YARN's own", logFilter{everything: true, grep: "#!"}, "=== c1 launch_container.sh ===\n#!/bin/bash\n"},
		{"nothing", logFilter{grep: "nowhere"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := printed(t, tt.f, logs...); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
	p, _ := printed(t, logFilter{grep: "nowhere"}, logs...)
	if p.seen != 4 || p.printed != 0 {
		t.Errorf("%d seen, %d printed", p.seen, p.printed)
	}
}

// Of a long log that tells an error the end is printed, whatever its length.
func TestLogPrinterKeepsTheEnd(t *testing.T) {
	line := strings.Repeat("x", 999) + "\n"
	_, got := printed(t, logFilter{failed: true}, "c", "stderr", "panic: gone\n"+strings.Repeat(line, 100)+"the end\n")
	if !strings.Contains(got, "lines before\n") || !strings.HasSuffix(got, "the end\n") || len(got) > 2*logTailBytes {
		t.Errorf("%d bytes: %.60q", len(got), got)
	}
	_, got = printed(t, logFilter{}, "c", "stderr", strings.Repeat("y", 3*logLineBytes)+"\n")
	if want := "=== c stderr ===\n" + strings.Repeat("y", 3*logLineBytes) + "\n"; got != want {
		t.Errorf("a long line came back with %d bytes, want %d", len(got), len(want))
	}
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestLogPrinterTellsThatItCannotPrint(t *testing.T) {
	for _, f := range []logFilter{{}, {failed: true}} {
		p := &logPrinter{w: fullDisk{}, filter: f}
		if err := p.visit("c", "stderr", strings.NewReader("panic: x\n")); !errors.Is(err, errFull) {
			t.Errorf("%+v: got %v", f, err)
		}
	}
}
