package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weft/internal/fault"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// applications are those that were submitted, the ended ones too.
func (y *fakeYARN) applications(t *testing.T) []rm.Report {
	t.Helper()
	reports, err := y.client.Applications(t.Context(), rm.Filter{Types: []string{submit.ApplicationType}})
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

// A detached submit prints the application's id alone, and leaves everything
// behind that the ApplicationMaster needs.
func TestSubmitDetached(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	r := y.weft(t, "submit", filesJob(t, "{}"), "--run-id", "orders-1", "--detach")
	r.want(t, fault.ExitOK, "Submitted application application_")
	id, err := yarnid.ParseApplication(strings.TrimSuffix(r.stdout, "\n"))
	if err != nil {
		t.Fatalf("standard output %q is not an application id alone: %v", r.stdout, err)
	}
	reports := y.applications(t)
	if len(reports) != 1 || reports[0].ID != id || reports[0].User != "ann" || !slices.Contains(reports[0].Tags, submit.RunTag("orders-1")) {
		t.Fatalf("applications %+v, want %s of ann with the run's tag", reports, id)
	}
	folder := y.root.Run("orders-1")
	if spec, err := folder.Spec(t.Context()); err != nil || spec.Reader.Plugin != "stream" {
		t.Errorf("spec %+v, %v", spec, err)
	}
	if key, err := folder.Key(t.Context()); err != nil || len(key) == 0 {
		t.Errorf("a key of %d bytes, %v", len(key), err)
	}
	if _, err := os.Stat(filepath.Join(folder.Dir, hadoop.ConfFolder, "yarn-site.xml")); err != nil {
		t.Errorf("the site files did not come along: %v", err)
	}
	y.hasBinary(t)
}

// hasBinary checks that this very program lies in the staging folder, under the
// hash of its content.
func (y *fakeYARN) hasBinary(t *testing.T) {
	t.Helper()
	found, err := filepath.Glob(path.Join(y.root.Dir, "bin", "*", "weft"))
	if err != nil || len(found) != 1 {
		t.Fatalf("binaries %q, %v; want one", found, err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != filepath.Base(filepath.Dir(found[0])) {
		t.Errorf("%s has the hash %s", found[0], got)
	}
}

// The same run id twice is one run: the second call attaches to it.
func TestSubmitAttachesToALivingRun(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	file := filesJob(t, "{}")
	first := y.weft(t, "submit", file, "--run-id", "orders-1", "--detach")
	second := y.weft(t, "submit", file, "--run-id", "orders-1", "--detach")
	second.want(t, fault.ExitOK)
	if first.stdout != second.stdout || len(y.applications(t)) != 1 {
		t.Errorf("applications %q and then %q of %d, want one", first.stdout, second.stdout, len(y.applications(t)))
	}
	o := y.weft(t, "submit", file, "--run-id", "orders-1", "--detach", "-o", "json").object(t)
	if o["run_id"] != "orders-1" || o["application_id"] != strings.TrimSpace(first.stdout) {
		t.Errorf("object %v", o)
	}
	y.weft(t, "submit", file, "--run-id", "orders-1", "--no-attach").want(t, fault.ExitRunning, "--no-attach")
	y.weft(t, "submit", filesJob(t, "{}"), "--run-id", "orders-1", "--detach").want(t, fault.ExitRunning, "another job")
	if n := len(y.applications(t)); n != 1 {
		t.Errorf("%d applications, want 1", n)
	}
}

// A run that has ended well is told again, and one that failed goes on in a new
// application.
func TestSubmitOfAnEndedRun(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	file := filesJob(t, "{}")
	id := strings.TrimSpace(y.weft(t, "submit", file, "--run-id", "orders-1", "--detach").stdout)
	y.weft(t, "kill", id).want(t, fault.ExitKilled)
	again := strings.TrimSpace(y.weft(t, "submit", file, "--run-id", "orders-1", "--detach").stdout)
	if again == id || again == "" {
		t.Fatalf("applications %q and then %q, want another one", id, again)
	}
	y.weft(t, "kill", again).want(t, fault.ExitKilled)
	y.ended(t, "orders-1", again, job.StateSucceeded, "")
	y.weft(t, "submit", file, "--run-id", "orders-1").want(t, fault.ExitOK, "SUCCEEDED  orders-1")
	if n := len(y.applications(t)); n != 2 {
		t.Errorf("%d applications, want 2: the last call had nothing to do", n)
	}
}

// What would be refused or would wait for ever is found before anything is
// written.
func TestSubmitRefuses(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	for _, tt := range []struct {
		name, setting string
		args          []string
		code          int
		text          string
	}{
		{"queue", `{"yarn": {"queue": "nosuch"}}`, nil, fault.ExitUsage, `queue "nosuch" does not exist`},
		{"memory", `{"yarn": {"containerMemoryMiB": 90000}}`, nil, fault.ExitUsage, "90000 MiB"},
		{"progress", `{}`, []string{"--progress", "loud"}, fault.ExitUsage, "--progress loud"},
		{"key", `{"yarn": {"qeue": "a"}}`, nil, fault.ExitUsage, `"queue"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"submit", filesJob(t, tt.setting), "--run-id", "refused", "--detach"}, tt.args...)
			r := y.weft(t, args...)
			r.want(t, tt.code, tt.text)
			if r.stdout != "" {
				t.Errorf("standard output %q, want nothing that looks like an id", r.stdout)
			}
		})
	}
	if n := len(y.applications(t)); n != 0 {
		t.Errorf("%d applications were submitted", n)
	}
	if _, err := os.Stat(y.root.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the staging folder was touched: %v", err)
	}
}

func TestSubmitWithoutACluster(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "gone")
	weft(t, []string{"HADOOP_CONF_DIR=" + missing}, "submit", filesJob(t, "{}")).want(t, fault.ExitUsage, "E2205", missing)
}

// A waiting submit ends with the exit code of the run, whoever ends it.
func TestSubmitWaitsForTheEnd(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	told, stderr := io.Pipe()
	var stdout bytes.Buffer
	e := &env{stdin: strings.NewReader(""), stdout: &stdout, stderr: stderr,
		environ: append(slices.Clone(y.environ), "HOME="+t.TempDir(), "PWD="+t.TempDir(), "WEFT_CONF_DIR="+confDir(t, "{}"))}
	code := make(chan int, 1) // one value
	file := filesJob(t, "{}")
	go func() {
		code <- e.main(t.Context(), []string{"submit", file, "--run-id", "orders-1"})
		stderr.Close()
	}()
	killed, lines := false, bufio.NewScanner(told)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "Submitted application "); ok {
			y.weft(t, "kill", id, "--reason", "wrong day").want(t, fault.ExitKilled)
			killed = true
		}
	}
	if got := <-code; !killed || got != fault.ExitKilled || !strings.Contains(stdout.String(), "KILLED  orders-1") {
		t.Errorf("killed %t, exit code %d, standard output:\n%s", killed, got, stdout.String())
	}
}
