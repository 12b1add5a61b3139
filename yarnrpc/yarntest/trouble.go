package yarntest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// AddStandby starts a further ResourceManager that refuses connections until Failover makes it the active one.
func (r *RM) AddStandby() {
	client, scheduler := r.listen()
	client.Refuse(true)
	scheduler.Refuse(true)
}

// Failover makes the ResourceManager number i (from 0) the active one and all others standby. What a restarted
// ResourceManager forgets is forgotten.
func (r *RM) Failover(i int) {
	for n, s := range r.servers {
		if n/2 != i {
			s.Refuse(true)
		}
	}
	r.forget()
	r.servers[2*i].Refuse(false)
	r.servers[2*i+1].Refuse(false)
}

// Restart drops every connection and forgets what a work-preserving restart forgets: registrations, asks, blacklists,
// which tokens were sent. Containers go on; grants that were not started are refused by their nodes from now on.
func (r *RM) Restart() {
	r.forget()
	for _, s := range r.servers {
		s.DropConnections()
	}
}

func (r *RM) forget() {
	r.update(func() {
		r.epoch++
		r.rmID++
		for _, app := range r.apps {
			old := app.sched
			app.sched = newSchedule()
			app.sched.completed = append(old.unacked, old.completed...) // delivered again
		}
	})
}

// RollKey makes a new key for AMRM tokens. Until ActivateKey both are valid, and answers to connections that the old one
// opened carry a new token.
func (r *RM) RollKey() { r.update(func() { r.nextKey = r.keyID + 1 }) }

// ActivateKey ends the old key: new connections need the new token, open ones go on.
func (r *RM) ActivateKey() { r.update(func() { r.keyID, r.nextKey = r.nextKey, 0 }) }

// ExpireTokens makes the container tokens of further grants expired on arrival.
func (r *RM) ExpireTokens(yes bool) { r.update(func() { r.expired = yes }) }

// Preempt announces containers: strict ones will be taken in any case, negotiable ones unless others are released. They
// are taken by NM.Complete with record.ExitPreempted.
func (a *App) Preempt(strict, negotiable []yarnid.Container) {
	a.rm.update(func() {
		a.sched.preempt = &pb.PreemptionMessageProto{
			StrictContract: &pb.StrictPreemptionContractProto{Container: preemptionContainers(strict)},
			Contract:       &pb.PreemptionContractProto{Container: preemptionContainers(negotiable)},
		}
	})
}

func preemptionContainers(ids []yarnid.Container) []*pb.PreemptionContainerProto {
	var out []*pb.PreemptionContainerProto
	for _, id := range ids {
		out = append(out, &pb.PreemptionContainerProto{Id: record.ContainerID(id)})
	}
	return out
}

// Kill ends the application's current attempt: its token is refused from now on.
func (a *App) Kill() {
	a.rm.update(func() { a.state = rm.StateKilled })
	a.rm.endContainers(a.id)
}

// Lose makes the node vanish: its port refuses, its containers complete with record.ExitAborted, and applications hear
// of it.
func (n *NM) Lose() {
	n.Refuse(true)
	n.rm.update(func() {
		n.state = record.NodeLost
		for id, c := range n.containers {
			if !c.ended {
				n.finish(c, record.ExitAborted, "Container released on a *lost* node")
				c.app.sched.completed = append(c.app.sched.completed, c.status(id))
			}
		}
		for _, app := range n.rm.apps {
			app.sched.updated = append(app.sched.updated, n.reportLocked())
		}
	})
}

// encode marshals a message that is known to be complete.
func encode(t testing.TB, m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		t.Error(err)
	}
	return b
}
