package metastore

import (
	"os"
	"testing"

	"weft/test/cluster"
)

var shared cluster.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }
