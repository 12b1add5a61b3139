package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"weft/test/cluster"
)

// shared holds the servers of all tests of this package; each is started by the first test that wants it.
var shared cluster.Shared

// roleEnv names the part that this binary plays when YARN starts it in a container.
const roleEnv = "WEFT_E2E_ROLE"

// roles are the parts by name.
var roles = map[string]func(context.Context) error{
	"rpc-master": rpcMaster,
}

func TestMain(m *testing.M) {
	name := os.Getenv(roleEnv)
	if name == "" {
		os.Exit(shared.Run(m))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := roles[name](ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func testContext(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
