package cluster

import (
	"testing"
	"time"
)

// Two masters of each kind: the standby takes over by request and after the death of the active one, and knows all.
func TestHighAvailability(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	h, err := StartHadoop(ctx, HadoopOptions{HA: true, DataNodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	want := []byte("one row\n")
	if err := h.WriteFile(ctx, "/tmp/probe", want); err != nil {
		t.Fatal(err)
	}
	read := func(when string) {
		t.Helper()
		got, err := h.ReadFile(ctx, "/tmp/probe")
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s: read back %q, %v", when, got, err)
		}
	}
	began := time.Now()
	for _, d := range []Daemon{SecondNameNode, SecondResourceManager} {
		if err := h.Activate(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	read("after the change")
	t.Logf("both changed in %s", time.Since(began))
	for dead, next := range map[Daemon]Daemon{SecondNameNode: NameNode, SecondResourceManager: ResourceManager} {
		if err := h.Kill(dead); err != nil {
			t.Fatal(err)
		}
		if err := h.Activate(ctx, next); err != nil {
			t.Fatal(err)
		}
		if err := h.Start(ctx, dead); err != nil {
			t.Fatal(err)
		}
	}
	read("after the death")
	if err := h.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	for d, want := range map[Daemon]string{SecondNameNode: "standby", SecondResourceManager: "standby", NameNode: "active", ResourceManager: "active"} {
		if err := h.waitState(ctx, d, want); err != nil {
			t.Error(err)
		}
	}
}
