package token

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/yarnid"
)

// AMRM is the identifier of an AMRM token (AMRMTokenIdentifier).
type AMRM struct {
	// Attempt is the only app attempt that may use the token.
	Attempt yarnid.Attempt
	// KeyID numbers the ResourceManager's key that signed it; it rises when the key rolls.
	KeyID int32
}

// NM is the identifier of an NMToken (NMTokenIdentifier).
type NM struct {
	// Attempt may use the token, and every later attempt of the same application.
	Attempt yarnid.Attempt
	// Node is the only NodeManager that accepts it.
	Node yarnid.Node
	// Submitter is the owner of the application.
	Submitter string
	// KeyID numbers the key that signed it.
	KeyID int32
}

// Container is the identifier of a container token (ContainerTokenIdentifier), the right to start one container.
type Container struct {
	ID        yarnid.Container // the container
	NodeAddr  string           // host:port of the NodeManager
	Submitter string           // owner of the application
	MemoryMB  int64            // granted memory in MiB
	VCores    int32            // granted virtual cores
	// Expiry is when the NodeManager stops accepting the token (10 minutes after the grant by default).
	Expiry time.Time
	// RMIdentifier is the start time of the ResourceManager that granted it, in ms; a NodeManager registered with
	// another one refuses the token.
	RMIdentifier int64
	KeyID        int32 // numbers the key that signed it
}

// ClientToAM is the identifier of a client token (ClientToAMTokenIdentifier).
type ClientToAM struct {
	Attempt yarnid.Attempt // the ApplicationMaster it is for
	Client  string         // the user who may use it
}

// Delegation is the identifier of a delegation token of the ResourceManager, the NameNode, KMS or Hive
// (AbstractDelegationTokenIdentifier).
type Delegation struct {
	Owner     string    // the user it speaks for
	Renewer   string    // who may renew it; empty: nobody, and the ResourceManager leaves it alone
	RealUser  string    // who acts for the owner, if anybody
	IssueDate time.Time // when it was issued
	MaxDate   time.Time // no renewal reaches beyond this
	Sequence  int32     // counts the tokens of the issuer
	KeyID     int32     // numbers the key that signed it
}

// AMRM decodes the identifier of an AMRM token.
func (t Token) AMRM() (AMRM, error) {
	var p pb.AMRMTokenIdentifierProto
	if err := t.unmarshal(KindAMRM, &p); err != nil {
		return AMRM{}, err
	}
	return AMRM{attemptOf(p.AppAttemptId), p.GetKeyId()}, nil
}

// NM decodes the identifier of an NMToken.
func (t Token) NM() (NM, error) {
	var p pb.NMTokenIdentifierProto
	if err := t.unmarshal(KindNM, &p); err != nil {
		return NM{}, err
	}
	node := yarnid.Node{Host: p.GetNodeId().GetHost(), Port: p.GetNodeId().GetPort()}
	return NM{attemptOf(p.AppAttemptId), node, p.GetAppSubmitter(), p.GetKeyId()}, nil
}

// Container decodes the identifier of a container token.
func (t Token) Container() (Container, error) {
	var p pb.ContainerTokenIdentifierProto
	if err := t.unmarshal(KindContainer, &p); err != nil {
		return Container{}, err
	}
	return Container{
		ID:           yarnid.Container{Attempt: attemptOf(p.GetContainerId().GetAppAttemptId()), ID: p.GetContainerId().GetId()},
		NodeAddr:     p.GetNmHostAddr(),
		Submitter:    p.GetAppSubmitter(),
		MemoryMB:     p.GetResource().GetMemory(),
		VCores:       p.GetResource().GetVirtualCores(),
		Expiry:       time.UnixMilli(p.GetExpiryTimeStamp()),
		RMIdentifier: p.GetRmIdentifier(),
		KeyID:        p.GetMasterKeyId(),
	}, nil
}

// ClientToAM decodes the identifier of a client token.
func (t Token) ClientToAM() (ClientToAM, error) {
	var p pb.ClientToAMTokenIdentifierProto
	if err := t.unmarshal(KindClientToAM, &p); err != nil {
		return ClientToAM{}, err
	}
	return ClientToAM{attemptOf(p.AppAttemptId), p.GetClientName()}, nil
}

// Delegation decodes the identifier of a delegation token: protobuf for the ResourceManager's, Writable for those of
// the NameNode, KMS and Hive (AbstractDelegationTokenIdentifier.readFields, version 0).
func (t Token) Delegation() (Delegation, error) {
	if t.Kind == KindRMDelegation {
		return t.delegationProto()
	}
	r := reader{buf: t.Identifier}
	if version := r.byte(); r.err == nil && version != 0 {
		return Delegation{}, fmt.Errorf("decode %s identifier: unknown version %d", t.Kind, version)
	}
	d := Delegation{Owner: r.text(), Renewer: r.text(), RealUser: r.text()}
	d.IssueDate, d.MaxDate = time.UnixMilli(r.vint()), time.UnixMilli(r.vint())
	d.Sequence, d.KeyID = int32(r.vint()), int32(r.vint())
	if r.err != nil {
		return Delegation{}, fmt.Errorf("decode %s identifier: %w", t.Kind, r.err)
	}
	return d, nil
}

func (t Token) delegationProto() (Delegation, error) {
	var p pb.YARNDelegationTokenIdentifierProto
	if err := t.unmarshal(KindRMDelegation, &p); err != nil {
		return Delegation{}, err
	}
	return Delegation{
		Owner: p.GetOwner(), Renewer: p.GetRenewer(), RealUser: p.GetRealUser(),
		IssueDate: time.UnixMilli(p.GetIssueDate()), MaxDate: time.UnixMilli(p.GetMaxDate()),
		Sequence: p.GetSequenceNumber(), KeyID: p.GetMasterKeyId(),
	}, nil
}

func (t Token) unmarshal(kind string, into proto.Message) error {
	if t.Kind != kind {
		return fmt.Errorf("decode %s identifier: token is of kind %q", kind, t.Kind)
	}
	if err := proto.Unmarshal(t.Identifier, into); err != nil {
		return fmt.Errorf("decode %s identifier: %w", kind, err)
	}
	return nil
}

func attemptOf(p *pb.ApplicationAttemptIdProto) yarnid.Attempt {
	a := p.GetApplicationId()
	return yarnid.Attempt{App: yarnid.Application{ClusterTimestamp: a.GetClusterTimestamp(), Sequence: a.GetId()}, Number: p.GetAttemptId()}
}
