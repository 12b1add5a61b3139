package token

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/yarnid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// amrmFile is what a ResourceManager writes: one token, no alias, no service.
const amrmFile = "48445453 00 01 00 06 0a0608011002 04 00010203 10 5941524e5f414d5f524d5f544f4b454e 00 00"

func TestVint(t *testing.T) {
	for n, want := range map[int64]string{
		0: "00", 127: "7f", 128: "8f80", 255: "8fff", 256: "8e0100", 65536: "8d010000", 1700000000000: "8a018bcfe56800",
		-1: "ff", -112: "90", -113: "8770", -129: "8780",
	} {
		got := appendVint(nil, n)
		if hex.EncodeToString(got) != want {
			t.Errorf("%d: wrote %x, want %s", n, got, want)
		}
		r := reader{buf: got}
		if back := r.vint(); back != n || r.err != nil || len(r.buf) != 0 {
			t.Errorf("%d: read back %d, %v", n, back, r.err)
		}
	}
}

func TestCredentialsBytes(t *testing.T) {
	want := &Credentials{Tokens: []Entry{{"", Token{Identifier: unhex(t, "0a0608011002"), Password: []byte{0, 1, 2, 3}, Kind: KindAMRM}}}}
	file := unhex(t, amrmFile)
	for _, in := range [][]byte{file, append(bytes.Clone(file), 0, 0, 9, 9, 9)} { // Java hands over longer buffers
		got, err := Decode(in)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("decoded %v, %v\n%s", got, err, cmp.Diff(want, got))
		}
	}
	if got := want.Encode(); !bytes.Equal(got, file) {
		t.Errorf("encoded\n got %x\nwant %x", got, file)
	}
}

func TestBothVersionsOfTheStream(t *testing.T) {
	want := &Credentials{}
	want.Add("ha-hdfs:ns1", Token{Identifier: []byte("id"), Password: []byte("pw"), Kind: KindHDFSDelegation, Service: "ha-hdfs:ns1"})
	want.Add("", Token{Identifier: bytes.Repeat([]byte("x"), 300), Password: []byte{}, Kind: KindAMRM})
	want.SetSecret("weft", []byte{0, 255})
	want.SetSecret("a", []byte("b"))
	got, err := Decode(want.Encode())
	if err != nil || !bytes.Equal(got.Encode(), want.Encode()) {
		t.Errorf("version 0: %v, %v", got, err)
	}
	p := &pb.CredentialsProto{}
	for _, e := range want.Tokens {
		p.Tokens = append(p.Tokens, &pb.CredentialsKVProto{Alias: &e.Alias, Token: e.Token.Proto()})
	}
	for name, key := range want.Secrets {
		p.Secrets = append(p.Secrets, &pb.CredentialsKVProto{Alias: &name, Secret: key})
	}
	body, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	v1 := append(binary.AppendUvarint([]byte("HDTS\x01"), uint64(len(body))), body...)
	if got, err = Decode(v1); err != nil || !bytes.Equal(got.Encode(), want.Encode()) {
		t.Errorf("version 1: %v, %v", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	file := unhex(t, amrmFile)
	for n := range file {
		if _, err := Decode(file[:n]); err == nil {
			t.Errorf("cut to %d bytes: no error", n)
		}
	}
	for name, in := range map[string]string{
		"no stream": "00000000", "version 2": "4844545302 00", "endless count": "4844545300 887fffffffffffffff",
		"negative length": "4844545300 01 ff", "long proto": "4844545301 ff01 00",
	} {
		if _, err := Decode(unhex(t, in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFindAndPassOn(t *testing.T) {
	c := &Credentials{}
	c.Add("", Token{Kind: KindAMRM, Password: []byte("old")})
	c.Add("", Token{Kind: KindAMRM, Password: []byte("new")})
	c.Add("nn", Token{Kind: KindHDFSDelegation, Service: "ha-hdfs:ns1"})
	c.SetSecret("k", []byte("v"))
	if amrm, ok := c.ByKind(KindAMRM); !ok || string(amrm.Password) != "new" || len(c.Tokens) != 2 {
		t.Errorf("AMRM token %+v, %d tokens", amrm, len(c.Tokens))
	}
	rest := c.Without(KindAMRM)
	if _, ok := rest.ByKind(KindAMRM); ok || len(rest.Tokens) != 1 || len(rest.Secrets) != 1 || len(c.Tokens) != 2 {
		t.Errorf("passed on %v, left %v", rest, c)
	}
	if _, ok := c.ByService(KindHDFSDelegation, "ha-hdfs:ns1"); !ok {
		t.Error("token not found by service")
	}
	if _, ok := c.ByService(KindHDFSDelegation, "ns1"); ok {
		t.Error("token found by another service")
	}
}

func TestSecretsAreMasked(t *testing.T) {
	tok := Token{Identifier: []byte("ident-5150"), Password: []byte("pass-5150"), Kind: KindAMRM}
	c := &Credentials{Tokens: []Entry{{"", tok}}, Secrets: map[string][]byte{"k": []byte("key-5150")}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{tok, &tok, c, c.Tokens, c.Tokens[0]} {
			text := fmt.Sprintf(format, v)
			if strings.Contains(text, "5150") || strings.Contains(text, "0x70") || strings.Contains(text, "112 97") {
				t.Errorf("%s of %T shows %s", format, v, text)
			}
		}
	}
}

func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "container_tokens")
	if _, err := ReadFile(name); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(name, unhex(t, amrmFile), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadFile(name)
	if err != nil || len(c.Tokens) != 1 {
		t.Errorf("got %v, %v", c, err)
	}
	if err := os.WriteFile(name, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(name); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("bad file: %v", err)
	}
}

func unwrapAll(err error) error {
	for {
		next, ok := err.(interface{ Unwrap() error })
		if !ok || next.Unwrap() == nil {
			return err
		}
		err = next.Unwrap()
	}
}

func TestURLForm(t *testing.T) {
	want := Token{Identifier: []byte{0xfb, 0xff}, Password: []byte("p"), Kind: "k", Service: "s"}
	text := want.EncodeURL()
	if strings.ContainsAny(text, "+/=") {
		t.Errorf("%q is not safe in a URL", text)
	}
	for _, s := range []string{text, text + "=="} {
		if got, err := DecodeURL(s); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	if _, err := DecodeURL("!"); err == nil {
		t.Error("no error")
	}
}

func TestIdentifiers(t *testing.T) {
	attempt := yarnid.Attempt{App: yarnid.Application{ClusterTimestamp: 1764000000000, Sequence: 7}, Number: 2}
	attemptProto := &pb.ApplicationAttemptIdProto{
		ApplicationId: &pb.ApplicationIdProto{ClusterTimestamp: &attempt.App.ClusterTimestamp, Id: &attempt.App.Sequence}, AttemptId: &attempt.Number}
	make := func(kind string, m proto.Message) Token {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return Token{Identifier: b, Kind: kind}
	}
	amrm, err := make(KindAMRM, &pb.AMRMTokenIdentifierProto{AppAttemptId: attemptProto, KeyId: proto.Int32(-5)}).AMRM()
	if err != nil || amrm != (AMRM{attempt, -5}) {
		t.Errorf("AMRM: %+v, %v", amrm, err)
	}
	nm, err := make(KindNM, &pb.NMTokenIdentifierProto{AppAttemptId: attemptProto, NodeId: &pb.NodeIdProto{Host: proto.String("n1"), Port: proto.Int32(45454)}, AppSubmitter: proto.String("alice")}).NM()
	if err != nil || nm != (NM{attempt, yarnid.Node{Host: "n1", Port: 45454}, "alice", -1}) {
		t.Errorf("NM: %+v, %v", nm, err)
	}
	container, err := make(KindContainer, &pb.ContainerTokenIdentifierProto{
		ContainerId: &pb.ContainerIdProto{AppAttemptId: attemptProto, Id: proto.Int64(1<<40 | 3)}, NmHostAddr: proto.String("n1:45454"),
		Resource: &pb.ResourceProto{Memory: proto.Int64(1024), VirtualCores: proto.Int32(2)}, ExpiryTimeStamp: proto.Int64(1700000000000), RmIdentifier: proto.Int64(9),
	}).Container()
	if err != nil || container.ID != (yarnid.Container{Attempt: attempt, ID: 1<<40 | 3}) || container.MemoryMB != 1024 || !container.Expiry.Equal(time.UnixMilli(1700000000000)) || container.RMIdentifier != 9 {
		t.Errorf("container: %+v, %v", container, err)
	}
	client, err := make(KindClientToAM, &pb.ClientToAMTokenIdentifierProto{AppAttemptId: attemptProto, ClientName: proto.String("bob")}).ClientToAM()
	if err != nil || client != (ClientToAM{attempt, "bob"}) {
		t.Errorf("client: %+v, %v", client, err)
	}
	if _, err := (Token{Kind: KindNM}).AMRM(); err == nil {
		t.Error("NM token read as AMRM token")
	}
}

func TestDelegationIdentifiers(t *testing.T) {
	want := Delegation{Owner: "alice@TEST.LOCAL", Renewer: "yarn", RealUser: "oozie", IssueDate: time.UnixMilli(1700000000000), MaxDate: time.UnixMilli(1700604800000), Sequence: 300, KeyID: -2}
	id := appendText(appendText(appendText([]byte{0}, want.Owner), want.Renewer), want.RealUser)
	for _, n := range []int64{1700000000000, 1700604800000, 300, -2} {
		id = appendVint(id, n)
	}
	if got, err := (Token{Identifier: id, Kind: KindHDFSDelegation}).Delegation(); err != nil || got != want {
		t.Errorf("writable: %+v, %v", got, err)
	}
	b, err := proto.Marshal(&pb.YARNDelegationTokenIdentifierProto{Owner: &want.Owner, Renewer: &want.Renewer, RealUser: &want.RealUser,
		IssueDate: proto.Int64(1700000000000), MaxDate: proto.Int64(1700604800000), SequenceNumber: &want.Sequence, MasterKeyId: &want.KeyID})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Token{Identifier: b, Kind: KindRMDelegation}).Delegation(); err != nil || got != want {
		t.Errorf("protobuf: %+v, %v", got, err)
	}
	for n := range id {
		if _, err := (Token{Identifier: id[:n], Kind: KindHDFSDelegation}).Delegation(); err == nil {
			t.Errorf("cut to %d bytes: no error", n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, amrmFile))
	f.Add([]byte("HDTS\x01\x00"))
	f.Add(unhex(f, "4844545300 887fffffffffffffff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(c.Encode())
		if err != nil || !bytes.Equal(again.Encode(), c.Encode()) {
			t.Errorf("%v became %v, %v", c, again, err)
		}
		for _, e := range c.Tokens {
			e.Token.AMRM()
			e.Token.NM()
			e.Token.Container()
			e.Token.Delegation()
		}
	})
}

func FuzzDelegation(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 1, 'b', 0, 1, 2, 3, 4}, KindHDFSDelegation)
	f.Add([]byte{0x0a, 1, 'a'}, KindRMDelegation)
	f.Fuzz(func(_ *testing.T, id []byte, kind string) { Token{Identifier: id, Kind: kind}.Delegation() })
}

func FuzzDecodeURL(f *testing.F) {
	f.Add(Token{Identifier: []byte("i"), Password: []byte("p"), Kind: "k", Service: "s"}.EncodeURL())
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := DecodeURL(s)
		if err != nil {
			return
		}
		if back, err := DecodeURL(tok.EncodeURL()); err != nil || !back.Equal(tok) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
