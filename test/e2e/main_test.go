package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/rig"
)

// shared holds the servers of all tests of this package; each is started by the first test that wants it. Its NodeManagers
// kill containers that use more memory than they asked for, and applications may have priorities.
var shared = cluster.Shared{HiveOnHadoop: true, Options: cluster.HadoopOptions{NodeManagers: 2, MemoryEnforced: true,
	YarnSite: map[string]string{"yarn.cluster.max-application-priority": "10"}}}

// program is weft as the tests of this package call it.
var program rig.Program

// roleEnv names the part that this binary plays when YARN starts it in a container.
const roleEnv = "WEFT_E2E_ROLE"

// roles are the parts by name.
var roles = map[string]func(context.Context) error{
	"rpc-master": rpcMaster,
}

func TestMain(m *testing.M) {
	name := os.Getenv(roleEnv)
	if name == "" {
		code := shared.Run(m)
		if err := program.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
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

// newRig joins the shared servers and weft.
func newRig(t *testing.T) *rig.Rig {
	t.Helper()
	return rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &program)
}

// weft calls weft on the shared cluster with a HOME of its own and waits for its end.
func weft(t *testing.T, args ...string) rig.Ran {
	t.Helper()
	return newRig(t).Weft(t, args...)
}
