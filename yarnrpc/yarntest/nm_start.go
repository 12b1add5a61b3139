package yarntest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

const invalidToken = "org.apache.hadoop.security.token.SecretManager$InvalidToken"

// startContainers answers startContainers, by the rules of ContainerManagerImpl.authorizeStartRequest.
func (n *NM) startContainers(caller string, req hrpc.Request) (proto.Message, error) {
	var m pb.StartContainersRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	resp := &pb.StartContainersResponseProto{}
	for _, s := range m.StartContainerRequest {
		id, err := n.start(caller, s)
		var x Exception
		if errors.As(err, &x) && x.Class == invalidToken {
			return nil, err // the one refusal that spoils the whole call
		}
		if err != nil {
			resp.FailedRequests = append(resp.FailedRequests, failure(id, err))
			continue
		}
		resp.SucceededRequests = append(resp.SucceededRequests, record.ContainerID(id))
	}
	return resp, nil
}

func (n *NM) start(caller string, s *pb.StartContainerRequestProto) (yarnid.Container, error) {
	t := token.FromProto(s.GetContainerToken())
	if string(t.Password) != string(n.rm.sign("Container", t.Identifier)) {
		return yarnid.Container{}, Exception{Class: invalidToken, Message: "Given Container : has an illegal signature."}
	}
	ident, err := t.Container()
	if err != nil {
		return yarnid.Container{}, err
	}
	creds, err := token.Decode(s.GetContainerLaunchContext().GetTokens())
	if err != nil {
		creds = &token.Credentials{}
	}
	started := &Running{ID: ident.ID, Node: n.id, Env: map[string]string{}, Credentials: creds,
		Resource: record.Resource{MemoryMB: ident.MemoryMB, VCores: ident.VCores}}
	for _, word := range s.GetContainerLaunchContext().GetCommand() {
		started.Command += word
	}
	for _, kv := range s.GetContainerLaunchContext().GetEnvironment() {
		started.Env[kv.GetKey()] = kv.GetValue()
	}
	n.rm.update(func() { err = n.admit(caller, ident, started) })
	return ident.ID, err
}

// admit checks and records a start; the caller holds the lock.
func (n *NM) admit(caller string, ident token.Container, started *Running) error {
	c := n.containers[ident.ID]
	attempt, _ := yarnid.ParseAttempt(caller)
	switch {
	case c == nil || attempt.App != ident.ID.Attempt.App:
		return yarnException("YarnException", "Unauthorized request to start container. \nNMToken for application attempt : %s was used for starting container with container token issued for application attempt : %v", caller, ident.ID.Attempt)
	case ident.RMIdentifier != n.rm.rmID:
		return yarnException("InvalidContainerException", "Container %v rejected as it is allocated by a previous RM", ident.ID)
	case c.started != nil:
		return yarnException("YarnException", "Unauthorized request to start container. \nAttempt to relaunch the same container with id %v.", ident.ID)
	case ident.Expiry.Before(time.Now()):
		return yarnException("YarnException", "Unauthorized request to start container. \nThis token is expired. current time is %d found %d", time.Now().UnixMilli(), ident.Expiry.UnixMilli())
	case c.ended:
		return yarnException("YarnException", "Container %v was recently stopped on node manager.", ident.ID)
	}
	c.started = started
	if run := n.rm.Run; run != nil {
		ctx, cancel := context.WithCancel(context.Background())
		c.cancel = cancel
		n.wait.Go(func() {
			exit := run(ctx, started)
			n.end(ident.ID, record.ExitStatus(exit), fmt.Sprintf("exit code %d", exit))
		})
	}
	return nil
}

// failure is the refusal of one container within an answer. Serialized exceptions spell nested classes with a dot.
func failure(id yarnid.Container, err error) *pb.ContainerExceptionMapProto {
	class, message := "java.io.IOException", err.Error()
	if x, ok := err.(Exception); ok {
		class, message = x.Class, x.Message
	}
	return &pb.ContainerExceptionMapProto{ContainerId: record.ContainerID(id), Exception: &pb.SerializedExceptionProto{
		ClassName: &class, Message: &message, Trace: proto.String("at org.example.Server.call(Server.java:1)"),
	}}
}
