package yarnrpc

import (
	"testing"

	"weft/yarnrpc/sasl"
)

func TestTrap06_AnAuthenticatedContextNamesNobody(t *testing.T) {
	for _, c := range []struct{ method, user, realUser, wantUser, wantReal string }{
		{sasl.MethodSimple, "alice", "", "alice", ""},
		{sasl.MethodSimple, "alice", "oozie", "alice", "oozie"},
		{sasl.MethodToken, "alice", "oozie", "", ""},
		{sasl.MethodKerberos, "alice", "", "", ""}, // the short name would be taken as an impersonation
		{sasl.MethodKerberos, "alice", "oozie", "alice", "oozie"},
	} {
		user, realUser := contextUser(c.method, &Options{User: c.user, RealUser: c.realUser})
		if user != c.wantUser || realUser != c.wantReal {
			t.Errorf("%s as %s by %q: context of %q by %q", c.method, c.user, c.realUser, user, realUser)
		}
	}
}
