package hadoopconf

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNamenodesOfEachNameserviceAlone(t *testing.T) {
	c := load(t, "ha", nil)
	for authority, want := range map[string][]string{
		"":                {"nn1.prod.example:8020", "nn2.prod.example:8020"}, // fs.defaultFS
		"prod":            {"nn1.prod.example:8020", "nn2.prod.example:8020"},
		"backup":          {"a.backup.example:9000", "b.backup.example:9000", "[fd00::1]:9000"},
		"lake":            {"lake.example:8020"},
		"other.host":      {"other.host:8020"},
		"other.host:9000": {"other.host:9000"},
		"[fd00::2]:8020":  {"[fd00::2]:8020"},
		"0.0.0.0:8020":    {"localhost:8020"},
	} {
		got, err := c.Namenodes(authority)
		if err != nil {
			t.Errorf("Namenodes(%q): %v", authority, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Namenodes(%q): %s", authority, diff)
		}
	}
	if !c.IsLogical("backup") || c.IsLogical("nn1.prod.example") {
		t.Error("IsLogical does not tell nameservices from hosts")
	}
	got, err := load(t, "single", nil).Namenodes("")
	if diff := cmp.Diff([]string{"localhost:18020"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestNamenodesErrors(t *testing.T) {
	for _, tt := range []struct {
		c               *Conf
		authority, want string
	}{
		{conf(), "", `fs.defaultFS: "file:///" names no HDFS`},
		{conf("fs.defaultFS", "viewfs://x"), "", `test.xml: fs.defaultFS: "viewfs://x" names no HDFS`},
		{conf("dfs.nameservices", "ns", "dfs.ha.namenodes.ns", "a,b", "dfs.namenode.rpc-address.ns.a", "h:1"), "ns",
			"dfs.namenode.rpc-address.ns.b is not set, though test.xml lists"},
		{conf("dfs.nameservices", "ns"), "ns", "dfs.namenode.rpc-address.ns is not set"},
		{conf("dfs.nameservices", "ns", "dfs.namenode.rpc-address.ns", "h:x"), "ns", `"h:x" is not host:port`},
		{conf(), "h:99999", "not host:port"},
		{conf(), "a,b", "not host:port"},
	} {
		got, err := tt.c.Namenodes(tt.authority)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Namenodes(%q) = %v, %v; want an error with %q", tt.authority, got, err, tt.want)
		}
	}
}

func TestResourceManagers(t *testing.T) {
	one := conf("yarn.resourcemanager.hostname", "rm.x", "yarn.resourcemanager.scheduler.address", "other.x:18030")
	for _, tt := range []struct {
		name string
		c    *Conf
		s    Service
		want []string
	}{
		{"ha client", load(t, "ha", nil), Client, []string{"rm1.prod.example:8032", "rm2.prod.example:18032"}},
		{"ha scheduler", load(t, "ha", nil), Scheduler, []string{"rm1.prod.example:8030", "rm2.prod.example:8030"}},
		{"ha admin", load(t, "ha", nil), Admin, []string{"rm1.prod.example:8033", "rm2.prod.example:8033"}},
		{"ha web, https", load(t, "ha", nil), Web, []string{"rm1.prod.example:8090", "rm2.prod.example:8090"}},
		{"hostname", one, Client, []string{"rm.x:8032"}},
		{"address", one, Scheduler, []string{"other.x:18030"}},
		{"web", one, Web, []string{"rm.x:8088"}},
		{"nothing set", load(t, "single", nil), Client, []string{"localhost:8032"}},
	} {
		got, err := tt.c.ResourceManagers(tt.s)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", tt.name, err, diff)
		}
	}
}

func TestResourceManagersErrors(t *testing.T) {
	ha := []string{"yarn.resourcemanager.ha.enabled", "true"}
	for want, c := range map[string]*Conf{
		"rm-ids is not set, though test.xml": conf(ha...),
		"neither yarn.resourcemanager.address.rm2 nor yarn.resourcemanager.hostname.rm2": conf(append(ha,
			"yarn.resourcemanager.ha.rm-ids", "rm1,rm2", "yarn.resourcemanager.hostname.rm1", "h")...),
		`"perhaps" is not true or false`: conf("yarn.resourcemanager.ha.enabled", "perhaps"),
		`"http://rm" is not host:port`:   conf("yarn.resourcemanager.address", "http://rm"),
	} {
		got, err := c.ResourceManagers(Client)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ResourceManagers = %v, %v; want an error with %q", got, err, want)
		}
	}
}

func TestFailover(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name string
		read func() (Failover, error)
		want Failover
	}{
		{"hdfs default", conf().NamenodeFailover, Failover{500 * ms, 15000 * ms, 15}},
		{"hdfs", load(t, "ha", nil).NamenodeFailover, Failover{100 * ms, 2000 * ms, 15}},
		{"yarn default", conf().ResourceManagerFailover, Failover{30000 * ms, 30000 * ms, 30}},
		{"yarn", load(t, "ha", nil).ResourceManagerFailover, Failover{2000 * ms, 8000 * ms, 450}},
		{"for ever", conf("yarn.resourcemanager.connect.max-wait.ms", "-1").ResourceManagerFailover,
			Failover{30000 * ms, 30000 * ms, math.MaxInt32}},
		{"attempts", conf("yarn.client.failover-max-attempts", "3", "yarn.client.failover-sleep-base-ms", "100").ResourceManagerFailover,
			Failover{100 * ms, 30000 * ms, 3}},
	} {
		got, err := tt.read()
		if err != nil || got != tt.want {
			t.Errorf("%s = %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
	_, err := conf("dfs.client.failover.max.attempts", "x").NamenodeFailover()
	if err == nil || !strings.Contains(err.Error(), "test.xml: dfs.client.failover.max.attempts") {
		t.Errorf("error %v; want the key in it", err)
	}
}
