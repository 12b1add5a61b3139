package cluster

import (
	"testing"
	"time"
)

func TestMariaDBStarts(t *testing.T) {
	ctx := testContext(t, 5*time.Minute)
	began := time.Now()
	d, err := StartMariaDB(ctx, DatabaseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	t.Logf("%s ready after %s", d.Version, time.Since(began))
}

func TestMySQLStarts(t *testing.T) {
	d := shared.MySQL(t)
	if d == nil {
		return
	}
	t.Log(d.Version)
}
