package yarntest

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// App is an application of the ResourceManager. Its methods may be called at any time.
type App struct {
	rm *RM
	id yarnid.Application

	// All below is guarded by RM.mu.
	submission *pb.ApplicationSubmissionContextProto
	user       string
	state      rm.State
	final      record.FinalStatus
	diag       string
	tracking   string
	host       string
	port       int32
	progress   float32
	killAsked  int
	attempt    int32
	connKey    int32 // key of the AMRM token that opened the newest connection
	sched      *schedule
}

// schedule is what the scheduler knows of the current attempt.
type schedule struct {
	registered bool
	finishing  bool // finish was asked for once and will be acknowledged the next time
	responseID int32
	last       *pb.AllocateResponseProto // answer to the newest heartbeat, for a repetition
	asks       map[askKey]map[string]*pb.ResourceRequestProto
	blacklist  map[string]bool
	tokens     map[yarnid.Node]bool // nodes whose token was sent
	nextID     int64

	// news for the next heartbeat
	completed []*pb.ContainerStatusProto
	unacked   []*pb.ContainerStatusProto // delivered, not acknowledged by another heartbeat yet
	updated   []*pb.NodeReportProto
	previous  []*pb.ContainerProto
	preempt   *pb.PreemptionMessageProto
}

// askKey is what the scheduler keeps asks under.
type askKey struct {
	priority  int32
	requestID int64
}

func newSchedule() *schedule {
	return &schedule{asks: map[askKey]map[string]*pb.ResourceRequestProto{}, blacklist: map[string]bool{}, tokens: map[yarnid.Node]bool{}}
}

// StartApplication makes an application as if it had been submitted and its first attempt launched.
func (r *RM) StartApplication(keepContainers bool) *App {
	var app *App
	r.update(func() {
		app = r.newApp()
		app.submission = &pb.ApplicationSubmissionContextProto{ApplicationId: record.ApplicationID(app.id),
			KeepContainersAcrossApplicationAttempts: &keepContainers, ApplicationName: proto.String("test")}
		app.user = "test"
	})
	app.NewAttempt()
	return app
}

// newApp allots an id; the caller holds the lock.
func (r *RM) newApp() *App {
	r.nextApp++
	app := &App{rm: r, id: yarnid.Application{ClusterTimestamp: r.started, Sequence: r.nextApp}, state: rm.StateNew, port: -1, sched: newSchedule()}
	r.apps[app.id] = app
	return app
}

// App returns an application by its id, or nil.
func (r *RM) App(id yarnid.Application) *App {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.apps[id]
}

// ID returns the application's id.
func (a *App) ID() yarnid.Application { return a.id }

// NewAttempt ends the current attempt, if any, as failed, and launches the next one. Running containers survive if the
// submission says so; the others end.
func (a *App) NewAttempt() yarnid.Attempt {
	r := a.rm
	r.mu.Lock()
	keep := a.submission.GetKeepContainersAcrossApplicationAttempts()
	r.mu.Unlock()
	var survivors []*pb.ContainerProto
	for _, n := range r.Nodes() {
		survivors = append(survivors, n.endAttempt(a.id, keep)...)
	}
	var id yarnid.Attempt
	r.update(func() {
		a.attempt++
		a.state, a.sched = rm.StateAccepted, newSchedule()
		a.sched.previous = survivors
		a.sched.nextID = 1 // 1 is the ApplicationMaster's own container
		id = yarnid.Attempt{App: a.id, Number: a.attempt}
	})
	return id
}

// Attempt returns the current attempt's id.
func (a *App) Attempt() yarnid.Attempt {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	return yarnid.Attempt{App: a.id, Number: a.attempt}
}

// Credentials returns what the current attempt finds in its token file: the submission's own, and the AMRM token.
func (a *App) Credentials() *token.Credentials {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	creds, err := token.Decode(a.submission.GetAmContainerSpec().GetTokens())
	if err != nil {
		creds = &token.Credentials{}
	}
	creds.Add("", a.amrmToken(a.rm.keyID))
	return creds
}

// amrmToken issues a token; the caller holds the lock.
func (a *App) amrmToken(key int32) token.Token {
	id := yarnid.Attempt{App: a.id, Number: a.attempt}
	identifier := encode(a.rm.t, &pb.AMRMTokenIdentifierProto{AppAttemptId: record.AttemptID(id), KeyId: &key})
	return token.Token{Identifier: identifier, Password: a.rm.sign("AMRM", identifier), Kind: token.KindAMRM}
}

// current tells whether id is the attempt that may talk; the caller holds the lock. After a good end it still may: to
// hear, if need be again, that its end was acknowledged.
func (a *App) current(id yarnid.Attempt) bool {
	return id.Number == a.attempt && a.state != rm.StateKilled && a.state != rm.StateFailed
}

// State returns where the application stands, what its master said at the end, and the diagnostics.
func (a *App) State() (rm.State, record.FinalStatus, string) {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	return a.state, a.final, a.diag
}

// Registered tells whether the current attempt has registered.
func (a *App) Registered() bool {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	return a.sched.registered
}

// Wanted returns how many containers the application still wants anywhere.
func (a *App) Wanted() int32 {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	var n int32
	for _, byName := range a.sched.asks {
		n += byName["*"].GetNumContainers()
	}
	return n
}

// Blacklist returns the hosts that the application does not want, sorted.
func (a *App) Blacklist() []string {
	a.rm.mu.Lock()
	defer a.rm.mu.Unlock()
	return slices.Sorted(maps.Keys(a.sched.blacklist))
}

// Containers lists the containers of the application that run, on all nodes.
func (a *App) Containers() []*Running {
	var out []*Running
	for _, n := range a.rm.Nodes() {
		out = append(out, n.running(a.id)...)
	}
	slices.SortFunc(out, func(x, y *Running) int { return yarnid.Compare(x.ID, y.ID) })
	return out
}
