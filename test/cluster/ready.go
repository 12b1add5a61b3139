package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// readyLimit is how long a Hadoop or one of its daemons may take to serve: ten times what it takes on a busy machine.
const readyLimit = 120 * time.Second

// loopback speaks HTTP to the daemons, past any proxy that the environment names.
var loopback = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}

// WaitReady waits until the NameNode has left safe mode with a live DataNode and the ResourceManager sees every
// NodeManager RUNNING. It fails at once when one of the daemons is not running.
func (h *Hadoop) WaitReady(ctx context.Context) error {
	return Await(ctx, readyLimit, "hadoop in "+h.box.dir, func(ctx context.Context) error {
		for _, p := range h.daemons {
			if err := p.alive(); err != nil {
				return err
			}
		}
		if err := h.hdfsReady(ctx, h.activeOf(nameNode), h.lay.opts.DataNodes); err != nil {
			return err
		}
		states, err := h.NodeStates(ctx)
		if err != nil {
			return err
		}
		for _, nm := range h.NMs {
			if s := states[nm]; s != "RUNNING" {
				return fmt.Errorf("node %s is %q", nm, s)
			}
		}
		return nil
	})
}

// WaitNode waits until the ResourceManager gives the NodeManager the wanted state (YARN's NodeState: RUNNING, LOST, ...).
func (h *Hadoop) WaitNode(ctx context.Context, nm Daemon, state string) error {
	return Await(ctx, readyLimit, fmt.Sprintf("node %s to be %s", nm, state), func(ctx context.Context) error {
		states, err := h.NodeStates(ctx)
		if err != nil {
			return err
		}
		if states[nm] != state {
			return fmt.Errorf("it is %q", states[nm])
		}
		return nil
	})
}

// NodeStates returns what the ResourceManager thinks of each NodeManager; one that never registered is absent.
func (h *Hadoop) NodeStates(ctx context.Context) (map[Daemon]string, error) {
	var answer struct {
		Nodes struct {
			Node []struct{ ID, State string }
		}
	}
	// Lost nodes are listed only when their state is asked for.
	url := h.web(h.activeOf(resourceManager)) + "/ws/v1/cluster/nodes?states=NEW,RUNNING,UNHEALTHY,DECOMMISSIONED,LOST,REBOOTED,DECOMMISSIONING,SHUTDOWN"
	if err := getJSON(ctx, url, &answer); err != nil {
		return nil, err
	}
	states := map[Daemon]string{}
	for _, n := range answer.Nodes.Node {
		for _, nm := range h.NMs {
			// A node that was lost and came back is listed twice for a moment; RUNNING wins.
			if h.DaemonAddr(nm) == n.ID && states[nm] != "RUNNING" {
				states[nm] = n.State
			}
		}
	}
	return states, nil
}

// hdfsReady tells whether a NameNode is out of safe mode with at least the given number of DataNodes.
func (h *Hadoop) hdfsReady(ctx context.Context, nn Daemon, dataNodes int) error {
	var answer struct {
		Beans []struct {
			FSState          string
			NumLiveDataNodes int
		}
	}
	if err := getJSON(ctx, h.web(nn)+"/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState", &answer); err != nil {
		return err
	}
	if len(answer.Beans) == 0 || answer.Beans[0].FSState != "Operational" || answer.Beans[0].NumLiveDataNodes < dataNodes {
		return fmt.Errorf("namenode state %+v", answer.Beans)
	}
	return nil
}

// waitServing waits until the daemon itself answers.
func (h *Hadoop) waitServing(ctx context.Context, d Daemon) error {
	p := h.daemons[d]
	return Await(ctx, readyLimit, "daemon "+string(d), func(ctx context.Context) error {
		if err := p.alive(); err != nil {
			return err
		}
		switch d.kind() {
		case nameNode:
			if h.lay.opts.HA { // a standby may have to wait for edits that say where its blocks are
				_, err := h.haState(ctx, d)
				return err
			}
			return h.hdfsReady(ctx, d, 0)
		case dataNode:
			return getJSON(ctx, h.web(d)+"/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo", nil)
		case resourceManager:
			return getJSON(ctx, h.web(d)+"/ws/v1/cluster/info", nil)
		}
		return getJSON(ctx, h.web(d)+"/ws/v1/node/info", nil)
	})
}

// web is the base URL of a daemon's pages.
func (h *Hadoop) web(d Daemon) string {
	ends, i := h.lay.ends, d.index()
	switch d.kind() {
	case nameNode:
		return "http://" + addr(ends.nns[i].http)
	case dataNode:
		return "http://" + addr(ends.dns[i].http)
	case resourceManager:
		return "http://" + addr(ends.rms[i].web)
	}
	return "http://" + addr(ends.nms[i].web)
}

// getJSON gets url and decodes the answer into v unless v is nil.
func getJSON(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := loopback.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", url, resp.Status)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	return nil
}
