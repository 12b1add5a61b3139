package ask_test

import (
	"testing"
	"time"

	"weft/am"
	"weft/am/ask"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarntest"
)

// Against a ResourceManager on a real socket: what it believes to be asked for
// stays what the master wishes, over grants, a restart and a cancellation.
func TestTrap10_CountsAreAbsoluteAndAllIsSentAgainAfterAResync(t *testing.T) {
	manager := yarntest.NewRM(t)
	manager.AddNode(2048, 8)
	manager.AddNode(2048, 8)
	app := manager.StartApplication(false)
	client, err := amrm.New(yarnrpc.Options{Addresses: manager.SchedulerAddrs(), BackoffBase: time.Millisecond,
		BackoffMax: 5 * time.Millisecond, RetryFor: 10 * time.Second}, app.Credentials())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	driver := ask.New(client, ask.Options{Resource: record.Resource{MemoryMB: 1024, VCores: 1}, Priority: 1})
	if err := driver.Register(t.Context(), am.Registration{}); err != nil {
		t.Fatal(err)
	}
	beat := func(missing int) am.News {
		t.Helper()
		news, err := driver.Heartbeat(t.Context(), am.Wish{Containers: missing})
		if err != nil {
			t.Fatal(err)
		}
		return news
	}
	if news := beat(6); len(news.Granted) != 4 || app.Wanted() != 2 { // four fit
		t.Fatalf("%d granted, %d wanted there; want 4 and 2", len(news.Granted), app.Wanted())
	}
	beat(2)
	manager.Restart()
	beat(2)
	if app.Wanted() != 2 {
		t.Errorf("%d wanted after the restart; want 2, not 6 and not 0", app.Wanted())
	}
	beat(0)
	if app.Wanted() != 0 {
		t.Errorf("%d wanted after cancelling", app.Wanted())
	}
}
