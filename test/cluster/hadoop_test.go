package cluster

import (
	"context"
	"testing"
	"time"
)

func testContext(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestHadoopStarts(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	began := time.Now()
	h, err := StartHadoop(ctx, HadoopOptions{NodeManagers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	t.Logf("ready after %s", time.Since(began))
}
