package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// endless is a file that never ends: what reads it must stop by itself.
const endless = "/dev/zero"

// localJob moves ten generated rows into out.
func localJob(t *testing.T, out, setting string) string {
	t.Helper()
	return jobFile(t, fmt.Sprintf(`{"weft": 1, "name": "ten", "job": {"setting": {%s}, "content": [{
		"reader": {"name": "stream", "parameter": {"rows": 10, "column": [{"name": "id", "type": "id"}]}},
		"writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q}}}]}}`, setting, out))
}

// A mistake of the command line or of the disk below it has its own code.
func TestBadInputHasACode(t *testing.T) {
	out := t.TempDir()
	good := localJob(t, filepath.Join(out, "good"), "")
	file := write(t, filepath.Join(out, "file"), "x")
	for name, tt := range map[string]struct {
		args []string
		code string
		exit int
	}{
		"endless job file":       {[]string{"check", endless}, "E2002", 2},
		"empty run id":           {[]string{"run", good, "--run-id", ""}, "E2001", 2},
		"empty run id on YARN":   {[]string{"submit", good, "--run-id="}, "E2001", 2},
		"a file on the way":      {[]string{"run", localJob(t, filepath.Join(file, "out"), "")}, "E3006", 2},
		"state folder is a file": {[]string{"run", good, "--state-dir", file}, "E3005", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := weft(t, nil, tt.args...)
			if got.code != tt.exit || !strings.Contains(got.stdout+got.stderr, tt.code) {
				t.Errorf("exit %d, want %d and %s:\n%s%s", got.code, tt.exit, tt.code, got.stdout, got.stderr)
			}
		})
	}
}

// A job that needs no cluster asks for none, whatever the environment names.
func TestLocalFilesNeedNoHadoop(t *testing.T) {
	nowhere := []string{"HADOOP_CONF_DIR=" + filepath.Join(t.TempDir(), "nowhere")}
	if got := weft(t, nowhere, "run", localJob(t, filepath.Join(t.TempDir(), "out"), "")); got.code != 0 {
		t.Errorf("exit %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	cluster := jobFile(t, `{"weft": 1, "job": {"content": [{
		"reader": {"name": "stream", "parameter": {"rows": 1, "column": [{"name": "id", "type": "id"}]}},
		"writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": "hdfs://nn:8020/x"}}}]}}`)
	if got := weft(t, nowhere, "run", cluster); got.code != 2 || !strings.Contains(got.stderr, "HADOOP_CONF_DIR") {
		t.Errorf("exit %d, want 2 and the variable's name:\n%s", got.code, got.stderr)
	}
}

// The largest number of slots costs a small job nothing.
func TestManyChannels(t *testing.T) {
	begun := time.Now()
	got := weft(t, nil, "run", localJob(t, filepath.Join(t.TempDir(), "out"), `"speed": {"channel": 10000}`))
	if took := time.Since(begun); got.code != 0 || took > 5*time.Second {
		t.Errorf("exit %d after %v:\n%s", got.code, took, got.stderr)
	}
}
