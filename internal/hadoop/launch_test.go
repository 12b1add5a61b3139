package hadoop

import (
	"errors"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
)

// The command is the same for every run and needs no quoting; nothing secret is
// in it or in the environment.
func TestTrap16_ProcessesFindWhatTheRunWasSubmittedWith(t *testing.T) {
	files := map[string]record.LocalResource{"weft": {URL: "hdfs://ns1/bin/weft", SizeBytes: 7}}
	credentials := &token.Credentials{Secrets: map[string][]byte{SecretContainer: []byte("s3cret")}}
	for role, command := range map[Role]string{
		RoleMaster:    "exec ./weft am 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr",
		RoleContainer: "exec ./weft container 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr",
	} {
		l := Launch{Role: role, Run: "hdfs://ns1/runs/a $b", Binary: "hdfs://ns1/bin/weft", User: "ann", MemoryMiB: 1024,
			Files: files, Credentials: credentials}
		got := l.Context()
		want := record.LaunchContext{Command: command,
			Env: map[string]string{"WEFT_RUN_FOLDER": "hdfs://ns1/runs/a $b", "WEFT_BINARY": "hdfs://ns1/bin/weft",
				"WEFT_CONTAINER_MIB": "1024", "HADOOP_CONF_DIR": "conf", "HADOOP_USER_NAME": "ann"},
			LocalResources: files, Credentials: credentials}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
		delete(got.LocalResources, "weft")
		for _, value := range got.Env {
			if strings.Contains(value, "s3cret") {
				t.Errorf("a secret lies in the environment: %v", got.Env)
			}
		}
	}
	if len(files) != 1 {
		t.Error("a context shares its map of files with others")
	}
}

// runOnDisk is a cluster whose default file system is the disk, with a run
// folder and a binary.
func runOnDisk(t *testing.T) (c *Cluster, run, binary string) {
	t.Helper()
	conf := site(t, "core-site.xml", "fs.defaultFS=file:///")
	if err := os.WriteFile(filepath.Join(conf, "yarn-site.xml"), []byte("<configuration/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, conf, map[string]string{"HADOOP_USER_NAME": "ann"})
	dir := t.TempDir()
	binary = filepath.Join(dir, "binary")
	if err := os.WriteFile(binary, []byte("ELF"), 0o700); err != nil {
		t.Fatal(err)
	}
	return c, filepath.Join(dir, "run"), binary
}

func TestConfIsUploadedOnce(t *testing.T) {
	c, run, _ := runOnDisk(t)
	if err := c.UploadConf(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(run, "conf", "core-site.xml")
	text, err := os.ReadFile(copied)
	if err != nil || !strings.Contains(string(text), "fs.defaultFS") {
		t.Fatalf("copy of core-site.xml: %q, %v", text, err)
	}
	// A resumed run keeps what it was submitted with.
	if err := os.WriteFile(copied, []byte("as submitted"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.UploadConf(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(copied); err != nil || string(text) != "as submitted" {
		t.Errorf("the copy became %q, %v", text, err)
	}
}

func TestUploadSaysWhichSiteFileIsGone(t *testing.T) {
	c, run, _ := runOnDisk(t)
	gone := c.Conf.Files()[0]
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := c.UploadConf(t.Context(), run); !errors.Is(err, iofs.ErrNotExist) || !strings.Contains(err.Error(), gone) {
		t.Errorf("error %v, want one that names %s", err, gone)
	}
}

// The NodeManager compares size and time with the file's, so they are those of
// the moment, to YARN's millisecond; the binary is shared by the user's runs, the rest is not.
func TestLocalResources(t *testing.T) {
	c, run, binary := runOnDisk(t)
	if err := c.UploadConf(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	files, err := c.LocalResources(t.Context(), binary, run)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{"weft": binary, "conf/core-site.xml": run + "/conf/core-site.xml",
		"conf/yarn-site.xml": run + "/conf/yarn-site.xml"}
	for link, path := range paths {
		got := files[link]
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.URL != "file://"+path || got.SizeBytes != info.Size() || !got.ModTime.Equal(info.ModTime().Truncate(time.Millisecond)) {
			t.Errorf("%s: %+v, want %s of %d bytes at %s", link, got, path, info.Size(), info.ModTime())
		}
		if (got.Visibility == record.Private) != (link == "weft") {
			t.Errorf("%s has the visibility %v", link, got.Visibility)
		}
		delete(files, link)
	}
	if len(files) > 0 {
		t.Errorf("more files than expected: %+v", files)
	}
}

func TestLocalResourcesNeedTheirFiles(t *testing.T) {
	c, run, binary := runOnDisk(t)
	if _, err := c.LocalResources(t.Context(), binary, run); !errors.Is(err, iofs.ErrNotExist) || !strings.Contains(err.Error(), "site files") {
		t.Errorf("without site files: %v", err)
	}
	if _, err := c.LocalResources(t.Context(), binary+"-gone", run); !errors.Is(err, iofs.ErrNotExist) || !strings.Contains(err.Error(), "binary-gone") {
		t.Errorf("without binary: %v", err)
	}
}
