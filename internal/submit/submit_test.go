package submit

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

func memory(t *testing.T) (*fsys.Opener, *mem.FS) {
	t.Helper()
	disk := mem.New(mem.Options{})
	opener := fsys.NewOpener("mem://x/", map[string]fsys.Connect{
		"mem": func(context.Context, string) (fsys.FS, error) { return disk, nil },
	})
	return opener, disk
}

func program(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weft")
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBinaryIsUploadedOncePerContent(t *testing.T) {
	ctx := context.Background()
	opener, disk := memory(t)
	one, two := program(t, "version one"), program(t, "version two")
	first, err := Binary(ctx, opener, "/staging", one, "a")
	if err != nil {
		t.Fatal(err)
	}
	info, err := disk.Stat(ctx, first.Name)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Binary(ctx, opener, "/staging", one, "b")
	if err != nil || again != first {
		t.Fatalf("second upload: %v, %v; want %v", again, err, first)
	}
	if now, err := disk.Stat(ctx, first.Name); err != nil || !now.ModTime.Equal(info.ModTime) {
		t.Errorf("the file was written again: %v, %v", now, err)
	}
	other, err := Binary(ctx, opener, "/staging", two, "c")
	if err != nil || other == first {
		t.Fatalf("another program went to %v, %v", other, err)
	}
	got, err := fsys.ReadFile(ctx, disk, first.Name, 1<<10)
	if err != nil || !bytes.Equal(got, []byte("version one")) {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestConcurrentUploads(t *testing.T) {
	ctx := context.Background()
	opener, disk := memory(t)
	path := program(t, strings.Repeat("x", 1<<20))
	var wait sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wait.Go(func() {
			if _, err := Binary(ctx, opener, "/staging", path, name); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	bins, err := disk.List(ctx, "/staging/bin")
	if err != nil || len(bins) != 1 {
		t.Fatalf("%v, %v", bins, err)
	}
	files, err := disk.List(ctx, "/staging/bin/"+bins[0].Name)
	if err != nil || len(files) != 1 || files[0].Name != "weft" {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestTags(t *testing.T) {
	got := Tags("r1", "Orders 每日", []string{"Team-A"})
	if len(got) != 4 || got[1] != "run:r1" || !strings.HasPrefix(got[2], "job:orders-") || got[3] != "team-a" {
		t.Errorf("got %q", got)
	}
	if many := Tags("r", "j", make([]string, 20)); len(many) != rm.MaxTags {
		t.Errorf("%d tags; YARN takes %d", len(many), rm.MaxTags)
	}
}

// fakeRM is a ResourceManager with two leaf queues.
type fakeRM struct {
	active int32
}

func (f fakeRM) Queue(_ context.Context, name string) (rm.Queue, bool, error) {
	leaf := func(n string, s rm.QueueState) rm.Queue {
		return rm.Queue{Name: n, State: s, Labels: []string{"gpu"}}
	}
	all := map[string]rm.Queue{"default": leaf("default", rm.QueueRunning), "closed": leaf("closed", rm.QueueStopped)}
	all["root"] = rm.Queue{Name: "root", State: rm.QueueRunning, Children: []rm.Queue{all["default"], all["closed"]}}
	q, ok := all[name]
	return q, ok, nil
}

func (f fakeRM) Metrics(context.Context) (rm.Metrics, error) {
	return rm.Metrics{Nodes: 3, Active: f.active}, nil
}

func TestPreflight(t *testing.T) {
	gib := func(n int64) record.Resource { return record.Resource{MemoryMB: n << 10, VCores: 1} }
	good := Wants{Queue: "default", Master: gib(1), Container: gib(2), Max: gib(8)}
	for name, c := range map[string]struct {
		change func(*Wants)
		active int32
		want   []string
	}{
		"good":     {func(*Wants) {}, 1, nil},
		"no queue": {func(w *Wants) { w.Queue = "nope" }, 1, []string{`FAIL queue "nope" does not exist | queues that take applications: default`}},
		"stopped":  {func(w *Wants) { w.Queue = "closed" }, 1, []string{`FAIL queue "closed" takes no applications: it is stopped or draining | `}},
		"parent":   {func(w *Wants) { w.Queue = "root" }, 1, []string{`FAIL queue "root" holds other queues and takes no applications itself | name one of its leaves`}},
		"label":    {func(w *Wants) { w.Label = "ssd" }, 1, []string{`FAIL queue "default" may not use nodes labelled "ssd" | labels it may use: gpu`}},
		"too large": {func(w *Wants) { w.Container = gib(9) }, 1,
			[]string{"FAIL a container of 9216 MiB, 1 vcores is larger than this cluster allows, 8192 MiB, 1 vcores | ask for less memory or fewer slots per container"}},
		"no nodes": {func(*Wants) {}, 0, []string{"WARN none of the cluster's 3 nodes is active: the run would wait | see `yarn node -list -all` for why"}},
	} {
		wants := good
		c.change(&wants)
		findings, err := Preflight(context.Background(), fakeRM{active: c.active}, wants)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			got = append(got, f.Severity.String()+" "+f.Text+" | "+f.Hint)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSubmission(t *testing.T) {
	spec := &job.Spec{Name: "orders"}
	spec.Setting.YARN = job.YARN{Queue: "q", Priority: 3, MasterMemoryMiB: 1024, NodeLabel: "gpu", MaxMasterAttempts: 2}
	a := Application{Run: "r1", Folder: "hdfs://ns/runs/r1", Binary: "hdfs://ns/bin/x/weft", Spec: spec, Secret: []byte("top secret"), User: "ann"}
	s := a.Submission()
	if s.Queue != "q" || *s.Priority != 3 || s.NodeLabel != "gpu" || s.MaxAttempts != 2 || s.Type != "WEFT" || s.Resource.MemoryMB != 1024 {
		t.Errorf("got %+v", s)
	}
	if key, ok := s.Launch.Credentials.Secret(hadoop.SecretMaster); !ok || string(key) != "top secret" {
		t.Errorf("the application secret is %q", key)
	}
	for name, value := range s.Launch.Env {
		if strings.Contains(value, "top secret") {
			t.Errorf("the environment holds the secret: %s", name)
		}
	}
	if !strings.HasPrefix(s.Launch.Command, "exec ./weft am ") {
		t.Errorf("command %q", s.Launch.Command)
	}
}

var _ ResourceManager = (*rm.Client)(nil)
