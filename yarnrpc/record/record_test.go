package record

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

func TestTrap14_LocalResourceIsExactAndAMissingPortIsMinusOne(t *testing.T) {
	when := time.UnixMilli(1700000000123)
	lc := LaunchContext{Command: "exec true", LocalResources: map[string]LocalResource{
		"logical": {URL: "hdfs://ns1/apps/we ft", SizeBytes: 5, ModTime: when},
		"direct":  {URL: "hdfs://nn1:8020/apps/weft", Visibility: Public, Archive: true},
		"local":   {URL: "file:///opt/weft"},
	}}
	p, err := lc.Proto()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*pb.LocalResourceProto{}
	for _, kv := range p.LocalResources {
		got[kv.GetKey()] = kv.Value
	}
	logical := got["logical"]
	if logical.GetSize() != 5 || logical.GetTimestamp() != 1700000000123 || logical.GetVisibility() != int32(AppOnly) || logical.GetType() != typeFile {
		t.Errorf("logical: %v", logical)
	}
	u := logical.GetResource()
	if u.Port == nil || u.GetPort() != -1 || u.GetHost() != "ns1" || u.GetScheme() != "hdfs" || u.GetFile() != "/apps/we ft" {
		t.Errorf("logical location: %v", u)
	}
	b, err := proto.Marshal(u)
	if minusOne, _ := hex.DecodeString("18ffffffffffffffffff01"); err != nil || !bytes.Contains(b, minusOne) {
		t.Errorf("port on the wire: %x, %v", b, err)
	}
	if u := got["direct"].GetResource(); u.GetPort() != 8020 || got["direct"].GetType() != typeArchive || got["direct"].GetVisibility() != int32(Public) {
		t.Errorf("direct: %v", got["direct"])
	}
	if u := got["local"].GetResource(); u.Host != nil || u.GetPort() != -1 || u.GetFile() != "/opt/weft" {
		t.Errorf("local: %v", u)
	}
}

func TestTrap15_WhatTheLaunchScriptWouldGarbleIsRefused(t *testing.T) {
	for _, good := range []string{
		"exec ./weft am 1><LOG_DIR>/stdout", `exec sh -c 'a \"b\" \$c'`, "exec a $HOME", "{x} } }", `a \\`,
	} {
		if err := (LaunchContext{Command: good, Env: map[string]string{"X": good}}).Check(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{`exec "a"`, `\\"`, "{{HOME}}", `{"a":{"b":1}}`, "x}}"} {
		if err := (LaunchContext{Command: bad}).Check(); err == nil {
			t.Errorf("command %s: no error", bad)
		}
		err := LaunchContext{Command: "exec true", Env: map[string]string{"NAME": bad}}.Check()
		if err == nil || !strings.Contains(err.Error(), "environment NAME") {
			t.Errorf("environment %s: %v", bad, err)
		}
	}
	for _, lc := range []LaunchContext{{}, {Command: "x", LocalResources: map[string]LocalResource{"a": {URL: "/no/scheme"}}}, {Command: "x", LocalResources: map[string]LocalResource{"a": {URL: "hdfs://nn:99999/x"}}}} {
		if lc.Check() == nil {
			t.Errorf("%+v: no error", lc)
		}
	}
}

func TestLaunchContextCarriesEverything(t *testing.T) {
	creds := &token.Credentials{Secrets: map[string][]byte{"k": {1}}}
	p, err := LaunchContext{Command: "exec true", Env: map[string]string{"B": "2", "A": "1"}, Credentials: creds,
		ServiceData: map[string][]byte{"shuffle": {7}}, ViewACL: "*", ModifyACL: "alice"}.Proto()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Tokens, creds.Encode()) || len(p.Command) != 1 || p.Environment[0].GetKey() != "A" || p.ServiceData[0].GetKey() != "shuffle" {
		t.Errorf("got %v", p)
	}
	if len(p.Application_ACLs) != 2 || p.Application_ACLs[0].GetAccessType() != 1 || p.Application_ACLs[1].GetAcl() != "alice" {
		t.Errorf("ACLs %v", p.Application_ACLs)
	}
	if p, err := (LaunchContext{Command: "exec true"}).Proto(); err != nil || p.Tokens != nil || p.Application_ACLs != nil {
		t.Errorf("empty context: %v, %v", p, err)
	}
}

func TestTrap13_TokensPassUnchanged(t *testing.T) {
	// A newer server's identifier has fields that we do not know.
	in := &pb.ContainerProto{ContainerToken: &pb.TokenProto{Identifier: []byte{0xfa, 0x3f, 1, 'x', 0, 255}, Password: []byte{}, Kind: proto.String("ContainerToken"), Service: proto.String("n1:1")}}
	if out := FromContainer(in).Token.Proto(); !proto.Equal(out, in.ContainerToken) {
		t.Errorf("got %v, want %v", out, in.ContainerToken)
	}
}

func TestResource(t *testing.T) {
	want := Resource{MemoryMB: 2048, VCores: 3, Others: map[string]int64{"yarn.io/gpu": 1}}
	p := want.Proto()
	if len(p.ResourceValueMap) != 1 || p.GetMemory() != 2048 || p.GetVirtualCores() != 3 {
		t.Errorf("on the wire %v", p)
	}
	// Servers repeat memory and cores in the map.
	for _, name := range []string{"memory-mb", "vcores"} {
		p.ResourceValueMap = append(p.ResourceValueMap, &pb.ResourceInformationProto{Key: &name, Value: proto.Int64(9)})
	}
	if got := FromResource(p); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got := want.String(); got != "2048 MiB, 3 vcores, 1 yarn.io/gpu" {
		t.Error(got)
	}
	if !want.Fits(Resource{MemoryMB: 2048, VCores: 3}) || want.Fits(Resource{MemoryMB: 2047, VCores: 3}) || want.Fits(Resource{MemoryMB: 4096, VCores: 2}) {
		t.Error("Fits is wrong")
	}
}

func TestIDsSurviveTheWire(t *testing.T) {
	id := yarnid.Container{Attempt: yarnid.Attempt{App: yarnid.Application{ClusterTimestamp: 1764000000000, Sequence: 7}, Number: 2}, ID: 3<<40 | 12}
	if got := FromContainerID(ContainerID(id)); got != id {
		t.Errorf("got %v", got)
	}
	node := yarnid.Node{Host: "n1", Port: 45454}
	if got := FromNodeID(NodeID(node)); got != node {
		t.Errorf("got %v", got)
	}
	if got := FromContainerID(nil); got != (yarnid.Container{}) {
		t.Errorf("no id: %v", got)
	}
}

func TestExitStatuses(t *testing.T) {
	for e, away := range map[ExitStatus]bool{
		0: false, 1: false, ExitSIGKILL: false, ExitSIGTERM: false, ExitLost: true, ExitInvalid: false, ExitAborted: true, ExitDisksFailed: true,
		ExitPreempted: true, ExitKilledVMem: false, ExitKilledPMem: false, ExitKilledByAM: true, ExitKilledByRM: true, ExitKilledAfterApp: true,
		ExitKilledByScheduler: true, ExitKilledExcessLogs: false, ExitLaunchFailed: false, -4711: false,
	} {
		if got := e.WentAway(); got != away {
			t.Errorf("%v: went away %v, want %v", e, got, away)
		}
	}
	if got := ExitKilledVMem.String() + ", " + ExitStatus(3).String(); got != "-103 (killed: virtual memory limit), 3" {
		t.Error(got)
	}
}

func TestValuesOfNewerServersSurvive(t *testing.T) {
	s := FromContainerStatus(&pb.ContainerStatusProto{State: proto.Int32(99), ExitStatus: proto.Int32(-500)})
	if s.State != 99 || s.State.String() != "UNKNOWN(99)" || s.Exit != -500 {
		t.Errorf("got %+v", s)
	}
	if got := FromContainerStatus(&pb.ContainerStatusProto{}); got.Exit != ExitInvalid {
		t.Errorf("status without exit: %v", got.Exit)
	}
	if NodeState(77).Usable() || !NodeDecommissioning.Usable() || NodeLost.String() != "LOST" || FinalFailed.String() != "FAILED" {
		t.Error("node states")
	}
	if !FromMillis(0).IsZero() || !FromMillis(-1).IsZero() || FromMillis(5).UnixMilli() != 5 {
		t.Error("times")
	}
}
