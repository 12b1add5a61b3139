package ask_test

import (
	"slices"
	"testing"
	"time"

	"weft/am"
	"weft/am/ask"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
	"weft/yarnrpc/yarntest"
)

// attempt returns the driver of the application's newest app attempt, registered, and the nodes it was given tokens for.
func attempt(t *testing.T, manager *yarntest.RM, app *yarntest.App, nodes *nm.Client) (*ask.Driver, *[]yarnid.Node) {
	t.Helper()
	client, err := amrm.New(yarnrpc.Options{Addresses: manager.SchedulerAddrs(), BackoffBase: time.Millisecond,
		BackoffMax: 5 * time.Millisecond, RetryFor: 10 * time.Second}, app.Credentials())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	var tokens []yarnid.Node
	driver := ask.New(client, ask.Options{Resource: record.Resource{MemoryMB: 1024, VCores: 1}, Priority: 1,
		OnToken: func(node yarnid.Node, token token.Token) {
			tokens = append(tokens, node)
			nodes.SetToken(node, token)
		}})
	if err := driver.Register(t.Context(), am.Registration{}); err != nil {
		t.Fatal(err)
	}
	return driver, &tokens
}

func beat(t *testing.T, driver *ask.Driver, w am.Wish) am.News {
	t.Helper()
	news, err := driver.Heartbeat(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return news
}

// The next app attempt hears with its first heartbeat which containers live on, has tokens for their nodes, and can give
// them back.
func TestKeptContainersComeWithTheFirstHeartbeat(t *testing.T) {
	manager := yarntest.NewRM(t)
	node := manager.AddNode(4096, 8)
	app := manager.StartApplication(true)
	nodes := nm.New(yarnrpc.Options{BackoffBase: time.Millisecond, RetryFor: 10 * time.Second})
	defer nodes.Close()
	first, _ := attempt(t, manager, app, nodes)
	granted := beat(t, first, am.Wish{Containers: 2}).Granted
	for _, g := range granted {
		if err := nodes.Start(t.Context(), g.Opaque.(record.Container), record.LaunchContext{Command: "exec sleep 9"}); err != nil {
			t.Fatal(err)
		}
	}
	app.NewAttempt()
	second, tokens := attempt(t, manager, app, nodes)
	kept := beat(t, second, am.Wish{}).Kept
	if len(kept) != 2 || kept[0].Node != node.ID().Host || !slices.Contains(*tokens, node.ID()) {
		t.Fatalf("kept %+v, tokens for %v", kept, *tokens)
	}
	if again := beat(t, second, am.Wish{Release: []string{kept[0].ID}}); len(again.Kept) != 0 {
		t.Errorf("told twice: %+v", again.Kept)
	}
	manager.Await("one container left", func() bool { return len(app.Containers()) == 1 })
}

func TestPreemptionIsNews(t *testing.T) {
	manager := yarntest.NewRM(t)
	manager.AddNode(4096, 8)
	app := manager.StartApplication(false)
	driver, _ := attempt(t, manager, app, nm.New(yarnrpc.Options{}))
	granted := beat(t, driver, am.Wish{Containers: 2}).Granted
	ids := make([]yarnid.Container, len(granted))
	for i, g := range granted {
		ids[i] = g.Opaque.(record.Container).ID
	}
	app.Preempt(ids[:1], ids[1:])
	news := beat(t, driver, am.Wish{})
	if !slices.Equal(news.Strict, []string{granted[0].ID}) || !slices.Equal(news.Negotiable, []string{granted[1].ID}) {
		t.Errorf("strict %v, negotiable %v", news.Strict, news.Negotiable)
	}
}
