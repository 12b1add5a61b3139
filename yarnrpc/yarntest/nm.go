package yarntest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// rack is where every node stands.
const rack = "/default-rack"

// NM is a NodeManager. Its methods may be called at any time.
type NM struct {
	*Server
	rm   *RM
	id   yarnid.Node
	size record.Resource
	wait sync.WaitGroup // of running containers

	// All below is guarded by RM.mu.
	freeMB     int64
	freeCores  int32
	state      record.NodeState
	containers map[yarnid.Container]*container
}

// container is a grant and what became of it.
type container struct {
	app     *App
	proto   *pb.ContainerProto
	size    record.Resource
	started *Running // nil before startContainers
	cancel  context.CancelFunc
	ended   bool
	exit    record.ExitStatus
	diag    string
}

// Running is a container that was started.
type Running struct {
	ID       yarnid.Container
	Node     yarnid.Node
	Resource record.Resource
	Command  string
	Env      map[string]string
	// Credentials are what the container finds in its token file.
	Credentials *token.Credentials
}

// AddNode starts a NodeManager with an address of its own below 127.0.0.0/8, so that hosts can be told apart.
func (r *RM) AddNode(memoryMB int64, vcores int32) *NM {
	r.t.Helper()
	n := &NM{rm: r, size: record.Resource{MemoryMB: memoryMB, VCores: vcores}, freeMB: memoryMB, freeCores: vcores,
		state: record.NodeRunning, containers: map[yarnid.Container]*container{}}
	r.mu.Lock()
	host := fmt.Sprintf("127.0.0.%d", len(r.nodes)+2)
	r.mu.Unlock()
	n.Server = newServerAt(r.t, host, nm.Protocol, Policy{Password: n.password, QOPs: r.qops}, map[string]Handler{
		"startContainers":      n.startContainers,
		"stopContainers":       n.stopContainers,
		"getContainerStatuses": n.statuses,
	})
	id, err := yarnid.ParseNode(n.Addr())
	if err != nil {
		r.t.Fatal(err)
	}
	n.id = id
	r.update(func() { r.nodes = append(r.nodes, n) })
	r.t.Cleanup(n.stopAll)
	return n
}

// ID returns the node's id.
func (n *NM) ID() yarnid.Node { return n.id }

// Nodes lists the nodes in the order they were added.
func (r *RM) Nodes() []*NM {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.nodes)
}

// stopAll ends what Run still runs and waits for it.
func (n *NM) stopAll() {
	n.rm.update(func() {
		for _, c := range n.containers {
			if c.cancel != nil {
				c.cancel()
			}
		}
	})
	n.wait.Wait()
}

// password checks an NM token's identifier; it speaks for the attempt.
func (n *NM) password(identifier []byte) ([]byte, string, error) {
	var p pb.NMTokenIdentifierProto
	if err := proto.Unmarshal(identifier, &p); err != nil {
		return nil, "", err
	}
	if at := record.FromNodeID(p.GetNodeId()); at != n.id {
		n.rm.t.Errorf("token for node %v used at %v", at, n.id)
		return nil, "", fmt.Errorf("token is for node %v", at)
	}
	return n.rm.sign("NM", identifier), record.FromAttemptID(p.GetAppAttemptId()).String(), nil
}

// nmToken returns the token for a node if this attempt has not got it yet; the caller holds the lock.
func (r *RM) nmToken(app *App, node *pb.NodeIdProto) *pb.NMTokenProto {
	id := record.FromNodeID(node)
	if app.sched.tokens[id] {
		return nil
	}
	app.sched.tokens[id] = true
	attempt := yarnid.Attempt{App: app.id, Number: app.attempt}
	identifier := encode(r.t, &pb.NMTokenIdentifierProto{AppAttemptId: record.AttemptID(attempt), NodeId: node, AppSubmitter: &app.user, KeyId: proto.Int32(1)})
	t := token.Token{Identifier: identifier, Password: r.sign("NM", identifier), Kind: token.KindNM, Service: id.String()}
	return &pb.NMTokenProto{NodeId: node, Token: t.Proto()}
}

// hasRoom tells whether a container fits; the caller holds the lock.
func (n *NM) hasRoom(size record.Resource) bool {
	return n.state.Usable() && n.freeMB >= size.MemoryMB && n.freeCores >= size.VCores
}

// grant makes a container on the node; the caller holds the lock.
func (n *NM) grant(app *App, key askKey, ask *pb.ResourceRequestProto) *pb.ContainerProto {
	size := rounded(record.FromResource(ask.GetCapability()))
	n.freeMB -= size.MemoryMB
	n.freeCores -= size.VCores
	app.sched.nextID++
	id := yarnid.Container{Attempt: yarnid.Attempt{App: app.id, Number: app.attempt}, ID: n.rm.epoch<<40 | app.sched.nextID}
	expiry := time.Now().Add(10 * time.Minute)
	if n.rm.expired {
		expiry = time.Now().Add(-time.Second)
	}
	identifier := encode(n.rm.t, &pb.ContainerTokenIdentifierProto{
		ContainerId: record.ContainerID(id), NmHostAddr: proto.String(n.id.String()), AppSubmitter: &app.user, Resource: size.Proto(),
		ExpiryTimeStamp: proto.Int64(expiry.UnixMilli()), MasterKeyId: proto.Int32(1), RmIdentifier: proto.Int64(n.rm.rmID),
	})
	// A field that no client knows: a token must be passed on byte by byte.
	identifier = append(identifier, 0xfa, 0x3f, 0x01, 'x')
	t := token.Token{Identifier: identifier, Password: n.rm.sign("Container", identifier), Kind: token.KindContainer, Service: n.id.String()}
	p := &pb.ContainerProto{
		Id: record.ContainerID(id), NodeId: record.NodeID(n.id), NodeHttpAddress: proto.String(n.id.Host + ":8042"), Resource: size.Proto(),
		Priority: record.Priority(key.priority), AllocationRequestId: proto.Int64(key.requestID), ContainerToken: t.Proto(),
	}
	n.containers[id] = &container{app: app, proto: p, size: size}
	return p
}

// find returns the node of a container.
func (r *RM) find(id yarnid.Container) *NM {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.nodes {
		if n.containers[id] != nil {
			return n
		}
	}
	return nil
}

// release gives a container back.
func (r *RM) release(id yarnid.Container) {
	if n := r.find(id); n != nil {
		n.end(id, record.ExitAborted, "Container released by application")
	}
}

// Complete ends a container with an exit status, as if its process had ended so. It does nothing if it has ended.
func (n *NM) Complete(id yarnid.Container, exit record.ExitStatus, diagnostics string) {
	n.end(id, exit, diagnostics)
}

// end records the end of a container once, stops what runs in it, and puts it into the next heartbeat.
func (n *NM) end(id yarnid.Container, exit record.ExitStatus, diagnostics string) {
	n.rm.update(func() {
		c := n.containers[id]
		if c == nil || c.ended {
			return
		}
		n.finish(c, exit, diagnostics)
		c.app.sched.completed = append(c.app.sched.completed, c.status(id))
	})
}

// finish is end without the report; the caller holds the lock.
func (n *NM) finish(c *container, exit record.ExitStatus, diagnostics string) {
	c.ended, c.exit, c.diag = true, exit, diagnostics
	n.freeMB += c.size.MemoryMB
	n.freeCores += c.size.VCores
	if c.cancel != nil {
		c.cancel()
	}
}

// status is what the node tells about a container; the caller holds the lock.
func (c *container) status(id yarnid.Container) *pb.ContainerStatusProto {
	state, exit := record.ContainerNew, record.ExitInvalid
	switch {
	case c.ended:
		state, exit = record.ContainerComplete, c.exit
	case c.started != nil:
		state = record.ContainerRunning
	}
	return &pb.ContainerStatusProto{ContainerId: record.ContainerID(id), State: proto.Int32(int32(state)),
		ExitStatus: proto.Int32(int32(exit)), Diagnostics: &c.diag, Capability: c.size.Proto()}
}

// endAttempt ends the containers of an application that a new attempt does not keep, and returns those that it keeps:
// the running ones.
func (n *NM) endAttempt(app yarnid.Application, keep bool) []*pb.ContainerProto {
	var kept []*pb.ContainerProto
	n.rm.update(func() {
		for id, c := range n.containers {
			if id.Attempt.App != app || c.ended {
				continue
			}
			if keep && c.started != nil {
				kept = append(kept, c.proto)
				continue
			}
			n.finish(c, record.ExitKilledAfterApp, "killed with its application attempt")
		}
	})
	return kept
}

// running lists the containers of an application that run here.
func (n *NM) running(app yarnid.Application) []*Running {
	n.rm.mu.Lock()
	defer n.rm.mu.Unlock()
	var out []*Running
	for id, c := range n.containers {
		if id.Attempt.App == app && c.started != nil && !c.ended {
			out = append(out, c.started)
		}
	}
	return out
}

// report describes the node.
func (n *NM) report() *pb.NodeReportProto {
	n.rm.mu.Lock()
	defer n.rm.mu.Unlock()
	return n.reportLocked()
}

func (n *NM) reportLocked() *pb.NodeReportProto {
	used := record.Resource{MemoryMB: n.size.MemoryMB - n.freeMB, VCores: n.size.VCores - n.freeCores}
	return &pb.NodeReportProto{NodeId: record.NodeID(n.id), RackName: proto.String(rack), NodeState: proto.Int32(int32(cmp.Or(n.state, record.NodeRunning))),
		Capability: n.size.Proto(), Used: used.Proto()}
}
