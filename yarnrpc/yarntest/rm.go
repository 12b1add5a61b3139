package yarntest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/yarnid"
)

// RM is a ResourceManager, or several that share their state.
type RM struct {
	// Client and Scheduler are the ports of the first ResourceManager.
	Client, Scheduler *Server
	// Run, if set, is what happens in a container; set it before the first one starts. See NM.
	Run func(ctx context.Context, c *Running) int32

	t       testing.TB
	secret  []byte // signs all tokens
	started int64  // ClusterTimestamp of ids
	servers []*Server

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every change
	rmID    int64         // RMIdentifier of container tokens; new after a restart
	epoch   int64
	apps    map[yarnid.Application]*App
	nextApp int32
	nodes   []*NM
	// keyID signs AMRM tokens; nextKey, if not 0, replaces it at ActivateKey.
	keyID, nextKey int32
	expired        bool // container tokens are issued expired
	qops           []sasl.QOP
	max            record.Resource
}

// minimumMB is what granted memory is rounded up to a multiple of.
const minimumMB = 128

// NewRM starts a ResourceManager that lets anybody in as a client and ApplicationMasters by their tokens. qops are what
// it offers to tokens; none means authentication only.
func NewRM(t testing.TB, qops ...sasl.QOP) *RM {
	t.Helper()
	r := &RM{
		t: t, secret: []byte(t.Name()), started: time.Now().UnixMilli(), changed: make(chan struct{}), apps: map[yarnid.Application]*App{},
		keyID: 1, qops: qops, max: record.Resource{MemoryMB: 8192, VCores: 8},
	}
	r.rmID = r.started
	r.Client, r.Scheduler = r.listen()
	return r
}

// listen opens the two ports of one ResourceManager.
func (r *RM) listen() (client, scheduler *Server) {
	client = NewServer(r.t, rm.Protocol, Policy{Simple: true}, r.clientHandlers())
	scheduler = NewServer(r.t, amrm.Protocol, Policy{Password: r.amrmPassword, QOPs: r.qops}, map[string]Handler{
		"registerApplicationMaster": r.register,
		"allocate":                  r.allocate,
		"finishApplicationMaster":   r.finish,
	})
	r.servers = append(r.servers, client, scheduler)
	return client, scheduler
}

func (r *RM) clientHandlers() map[string]Handler {
	return map[string]Handler{
		"getNewApplication":      r.newApplication,
		"submitApplication":      r.submit,
		"getApplicationReport":   r.report,
		"getApplications":        r.applications,
		"forceKillApplication":   r.kill,
		"getClusterNodes":        r.clusterNodes,
		"getClusterMetrics":      r.clusterMetrics,
		"getQueueInfo":           r.queueInfo,
		"getApplicationAttempts": r.attempts,
		"getContainers":          r.containers,
	}
}

// ClientAddrs and SchedulerAddrs list the ports of all ResourceManagers, the first one's first.
func (r *RM) ClientAddrs() []string { return r.addrs(0) }

// SchedulerAddrs lists the ports for ApplicationMasters.
func (r *RM) SchedulerAddrs() []string { return r.addrs(1) }

func (r *RM) addrs(offset int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for i := offset; i < len(r.servers); i += 2 {
		out = append(out, r.servers[i].Addr())
	}
	return out
}

// update changes the state under the lock and wakes everybody who waits.
func (r *RM) update(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// awaitLimit bounds every wait of a test for something to happen.
const awaitLimit = 20 * time.Second

// Await waits until cond is true; it is asked after every change of state. It fails the test, naming what, after 20 s.
func (r *RM) Await(what string, cond func() bool) {
	r.t.Helper()
	limit := time.NewTimer(awaitLimit)
	defer limit.Stop()
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		if cond() {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			r.t.Fatalf("waited %v for %s", awaitLimit, what)
		}
	}
}

// sign makes the password of a token.
func (r *RM) sign(kind string, identifier []byte) []byte {
	h := hmac.New(sha1.New, append([]byte(kind), r.secret...))
	h.Write(identifier)
	return h.Sum(nil)
}

// amrmPassword checks an AMRM token's identifier; it speaks for the attempt.
func (r *RM) amrmPassword(identifier []byte) ([]byte, string, error) {
	var p pb.AMRMTokenIdentifierProto
	if err := proto.Unmarshal(identifier, &p); err != nil {
		return nil, "", err
	}
	id := record.FromAttemptID(p.GetAppAttemptId())
	r.mu.Lock()
	defer r.mu.Unlock()
	app := r.apps[id.App]
	known := p.GetKeyId() == r.keyID || r.nextKey != 0 && p.GetKeyId() == r.nextKey
	if app == nil || !app.current(id) || !known {
		return nil, "", fmt.Errorf("%v with key %d not found in AMRMTokenSecretManager", id, p.GetKeyId())
	}
	app.connKey = p.GetKeyId()
	return r.sign("AMRM", identifier), id.String(), nil
}

// decode decodes a request of a fake or reports the client's mistake.
func decode(r hrpc.Request, into proto.Message) error {
	if err := r.Decode(into); err != nil {
		return Exception{Class: "com.google.protobuf.InvalidProtocolBufferException", Message: err.Error()}
	}
	return nil
}

// yarnException makes an exception of org.apache.hadoop.yarn.exceptions.
func yarnException(class, format string, args ...any) error {
	return Exception{Class: "org.apache.hadoop.yarn.exceptions." + class, Message: fmt.Sprintf(format, args...)}
}
