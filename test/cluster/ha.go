package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
)

// The nameservice, its folder of shared edits and the cluster id of a Hadoop with two masters of each kind.
const (
	nameService = "ns1"
	sharedEdits = "shared-edits"
	clusterID   = "weft"
)

// nameservice is the authority of fs.defaultFS.
func (l layout) nameservice() string {
	if l.opts.HA {
		return nameService
	}
	return addr(l.ends.nns[0].rpc)
}

// nameAddresses is where the NameNodes are.
func (l layout) nameAddresses() props {
	if !l.opts.HA {
		return props{"dfs.namenode.rpc-address": addr(l.ends.nns[0].rpc), "dfs.namenode.http-address": addr(l.ends.nns[0].http)}
	}
	p := props{
		"dfs.nameservices":                                   nameService,
		"dfs.ha.namenodes." + nameService:                    "nn1,nn2",
		"dfs.client.failover.proxy.provider." + nameService:  "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
		"dfs.namenode.shared.edits.dir":                      "file://" + l.dir + "/" + sharedEdits,
		"dfs.ha.automatic-failover.enabled":                  "false",
		"dfs.ha.fencing.methods":                             "shell(/bin/true)",
		"dfs.ha.tail-edits.period":                           "1",
		"dfs.ha.log-roll.period":                             "1",
		"dfs.client.failover.sleep.base.millis":              "100",
		"dfs.client.failover.sleep.max.millis":               "1000",
		"dfs.namenode.checkpoint.period":                     "86400",
		"dfs.client.failover.connection.retries.on.timeouts": "1",
	}
	for i, n := range l.ends.nns {
		id := "." + nameService + ".nn" + strconv.Itoa(i+1)
		p["dfs.namenode.rpc-address"+id], p["dfs.namenode.http-address"+id] = addr(n.rpc), addr(n.http)
	}
	return p
}

// nameNode is what a NameNode has of its own.
func (l layout) nameNode(i int) props {
	p := props{"dfs.namenode.name.dir": "file://" + l.dir + "/" + string(l.named(nameNode, i))}
	if l.opts.HA { // both addresses are local: the id says which is its own
		p["dfs.ha.namenode.id"] = "nn" + strconv.Itoa(i+1)
	}
	return p
}

// managerAddresses is where the ResourceManagers are.
func (l layout) managerAddresses() props {
	p, id := props{}, ""
	for i, m := range l.ends.rms {
		if l.opts.HA {
			id = ".rm" + strconv.Itoa(i+1)
		}
		for key, value := range map[string]string{"hostname": "localhost", "address": addr(m.rpc), "scheduler.address": addr(m.scheduler),
			"resource-tracker.address": addr(m.tracker), "admin.address": addr(m.admin), "webapp.address": addr(m.web)} {
			p["yarn.resourcemanager."+key+id] = value
		}
	}
	if !l.opts.HA {
		return p
	}
	return p.with(props{
		"yarn.resourcemanager.ha.enabled":                    "true",
		"yarn.resourcemanager.ha.rm-ids":                     "rm1,rm2",
		"yarn.resourcemanager.cluster-id":                    clusterID,
		"yarn.resourcemanager.ha.automatic-failover.enabled": "false",
		"yarn.client.failover-sleep-base-ms":                 "100",
		"yarn.client.failover-sleep-max-ms":                  "1000",
	})
}

// resourceManager is what a ResourceManager has of its own.
func (l layout) resourceManager(i int) props {
	if !l.opts.HA {
		return nil
	}
	return props{"yarn.resourcemanager.ha.id": "rm" + strconv.Itoa(i+1)}
}

// copyNames gives every NameNode its formatted folder, and a pair of them the folder they share.
func (h *Hadoop) copyNames(k kit) error {
	if !h.lay.opts.HA {
		return copyTree(k.nnImage, h.box.path(string(NameNode)))
	}
	return errors.Join(copyTree(k.haImage+"/nn", h.box.path(string(NameNode))), copyTree(k.haImage+"/nn", h.box.path(string(SecondNameNode))),
		copyTree(k.haImage+"/"+sharedEdits, h.box.path(sharedEdits)))
}

// activeOf is the active daemon of a kind that may have two.
func (h *Hadoop) activeOf(k kind) Daemon {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.active[k]
}

// ActiveNNWeb is the base URL of WebHDFS at the active NameNode.
func (h *Hadoop) ActiveNNWeb() string { return h.web(h.activeOf(nameNode)) }

// ActiveRMWeb is the base URL of the REST interface of the active ResourceManager.
func (h *Hadoop) ActiveRMWeb() string { return h.web(h.activeOf(resourceManager)) }

// activateFirst makes the first of each kind active: both start as standby.
func (h *Hadoop) activateFirst(ctx context.Context) error {
	if !h.lay.opts.HA {
		return nil
	}
	return errors.Join(h.Activate(ctx, NameNode), h.Activate(ctx, ResourceManager))
}

// Activate makes a NameNode or ResourceManager of a Hadoop with HA the active one and returns when it serves as such; of a
// ResourceManager, when it has the living NodeManagers back. The other one becomes standby before, if it lives. What
// `haadmin -failover` and `rmadmin -transitionToActive` do, without a JVM.
func (h *Hadoop) Activate(ctx context.Context, d Daemon) error {
	if err := h.activate(ctx, d); err != nil {
		return fmt.Errorf("activate %s: %w", d, err)
	}
	return nil
}

func (h *Hadoop) activate(ctx context.Context, d Daemon) error {
	if !h.lay.opts.HA || d.kind() != nameNode && d.kind() != resourceManager {
		return errors.New("it has no standby")
	}
	if err := h.waitState(ctx, d, ""); err != nil { // its ports are open
		return err
	}
	other := h.lay.named(d.kind(), 1-d.index())
	if h.Pid(other) != 0 {
		if err := h.waitState(ctx, other, ""); err != nil {
			return err
		}
		if err := h.transition(ctx, other, "transitionToStandby"); err != nil {
			return err
		}
	}
	if err := h.transition(ctx, d, "transitionToActive"); err != nil {
		return err
	}
	h.mu.Lock()
	h.active[d.kind()] = d
	h.mu.Unlock()
	if err := h.waitState(ctx, d, "active"); err != nil || d.kind() == nameNode {
		return err
	}
	for _, nm := range h.NMs {
		if h.Pid(nm) == 0 {
			continue
		}
		if err := h.WaitNode(ctx, nm, "RUNNING"); err != nil {
			return err
		}
	}
	return nil
}

// waitState waits until the daemon tells its state, and until it is the wanted one unless that is "".
func (h *Hadoop) waitState(ctx context.Context, d Daemon, want string) error {
	return Await(ctx, readyLimit, "state of "+string(d), func(ctx context.Context) error {
		if err := h.daemons[d].alive(); err != nil {
			return err
		}
		state, err := h.haState(ctx, d)
		if err == nil && want != "" && state != want {
			err = fmt.Errorf("it is %q, want %q", state, want)
		}
		return err
	})
}

// haState asks a daemon what it is: active, standby, or initializing.
func (h *Hadoop) haState(ctx context.Context, d Daemon) (string, error) {
	var answer struct {
		Beans       []struct{ State string }
		ClusterInfo struct{ HaState string }
	}
	query := "/ws/v1/cluster/info"
	if d.kind() == nameNode {
		query = "/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus"
	}
	if err := getJSON(ctx, h.web(d)+query, &answer); err != nil {
		return "", err
	}
	state := answer.ClusterInfo.HaState
	if len(answer.Beans) > 0 {
		state = answer.Beans[0].State
	}
	if state == "" {
		return "", errors.New("it does not say")
	}
	return strings.ToLower(state), nil
}

// transition makes one call of HAServiceProtocol. Its request holds one message with one enum, HAStateChangeRequestInfoProto
// with reqSource: REQUEST_BY_USER, 0 (HAServiceProtocol.proto).
func (h *Hadoop) transition(ctx context.Context, d Daemon, method string) error {
	address := addr(h.lay.ends.rms[d.index()].admin)
	if d.kind() == nameNode {
		address = addr(h.lay.ends.nns[d.index()].rpc)
	}
	info := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 0)
	req := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), info)
	return h.ask(ctx, address, "org.apache.hadoop.ha.HAServiceProtocol", method, req)
}

// SafeMode makes the active NameNode enter or leave safe mode, in which nothing can be changed (ClientProtocol.setSafeMode,
// as superuser).
func (h *Hadoop) SafeMode(ctx context.Context, enter bool) error {
	action := uint64(1) // SAFEMODE_LEAVE of SafeModeActionProto
	if enter {
		action = 2 // SAFEMODE_ENTER
	}
	req := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), action)
	return h.ask(ctx, addr(h.lay.ends.nns[h.activeOf(nameNode).index()].rpc), "org.apache.hadoop.hdfs.protocol.ClientProtocol", "setSafeMode", req)
}

// ask makes one call of a Hadoop protocol as superuser, req being the encoded request. What is answered is not looked at.
func (h *Hadoop) ask(ctx context.Context, address, protocol, method string, req []byte) error {
	client, err := yarnrpc.NewClient(yarnrpc.Options{Addresses: []string{address}, User: h.Superuser(), CallTimeout: readyLimit,
		Protocol: hrpc.Protocol{Name: protocol, Version: 1}, RetryFor: 30 * time.Second})
	if err != nil {
		return err
	}
	message := &emptypb.Empty{}
	message.ProtoReflect().SetUnknown(req)
	return errors.Join(client.Call(ctx, method, message, &emptypb.Empty{}), client.Close())
}
