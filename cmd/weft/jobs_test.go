package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// linesBelow counts the lines of all visible files of a folder.
func linesBelow(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(text), "\n")
	}
	return lines
}

// The jobs of the first minutes run as the README has them, twice too.
func TestFirstJobsRun(t *testing.T) {
	sources, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		job, in, below string
		params         []string
		lines          int
	}{
		{"quickstart.json", "", "quickstart", []string{"-p", "rows=500"}, 500},
		{"csv-to-files.json", "", "", nil, 200},
	} {
		t.Run(tt.job, func(t *testing.T) {
			out := t.TempDir() + "/out"
			args := append([]string{"run", "../../conf/jobs/" + tt.job, "--progress", "none", "-p", "out=" + out}, tt.params...)
			for range 2 {
				weft(t, []string{"PWD=" + sources}, args...).want(t, 0, "SUCCEEDED")
				if got := linesBelow(t, filepath.Join(out, tt.below)); got != tt.lines {
					t.Errorf("%d lines, want %d", got, tt.lines)
				}
			}
		})
	}
}
