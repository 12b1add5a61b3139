package nn_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarntest"
)

// fake is a yarnrpc.Caller that answers by method and keeps the requests.
type fake struct {
	answers map[string]proto.Message
	err     error
	method  string
	req     proto.Message
}

// Call implements yarnrpc.Caller.
func (f *fake) Call(_ context.Context, method string, req, resp proto.Message) error {
	f.method, f.req = method, req
	if a := f.answers[method]; a != nil {
		proto.Merge(resp, a)
	}
	return f.err
}

func status(name string, set func(*pb.HdfsFileStatusProto)) *pb.HdfsFileStatusProto {
	p := &pb.HdfsFileStatusProto{
		FileType: proto.Int32(int32(nn.File)), Path: []byte(name), Length: proto.Uint64(10), Permission: &pb.FsPermissionProto{Perm: proto.Uint32(0o640)},
		Owner: proto.String("alice"), Group: proto.String("users"), ModificationTime: proto.Uint64(1700000000123), AccessTime: proto.Uint64(0),
		FileId: proto.Uint64(16386), BlockReplication: proto.Uint32(3), Blocksize: proto.Uint64(1 << 27),
	}
	if set != nil {
		set(p)
	}
	return p
}

func stat(t *testing.T, set func(*pb.HdfsFileStatusProto)) nn.Status {
	t.Helper()
	c := nn.NewWith(&fake{answers: map[string]proto.Message{"getFileInfo": &pb.GetFileInfoResponseProto{Fs: status("", set)}}})
	s, err := c.Stat(t.Context(), "/x")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStat(t *testing.T) {
	s := stat(t, nil)
	if s.Kind != nn.File || s.Length != 10 || s.Perm != 0o640 || s.Owner != "alice" || s.ModTime.UnixMilli() != 1700000000123 || s.FileID != 16386 || s.Encrypted || s.ErasureCoding != "" {
		t.Errorf("got %+v", s)
	}
	if s := stat(t, func(p *pb.HdfsFileStatusProto) { p.Flags = proto.Uint32(2) }); !s.Encrypted {
		t.Error("flag HAS_CRYPT was overlooked")
	}
	if s := stat(t, func(p *pb.HdfsFileStatusProto) { p.Flags = proto.Uint32(4) }); s.ErasureCoding == "" {
		t.Error("flag HAS_EC was overlooked")
	}
	if s := stat(t, func(p *pb.HdfsFileStatusProto) {
		p.EcPolicy = &pb.ErasureCodingPolicyProto{Name: proto.String("RS-6-3-1024k"), Id: proto.Uint32(1)}
	}); s.ErasureCoding != "RS-6-3-1024k" {
		t.Errorf("policy %q", s.ErasureCoding)
	}
	if _, err := nn.NewWith(&fake{}).Stat(t.Context(), "/x"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/x") {
		t.Errorf("nothing there: %v", err)
	}
}

func TestListAsksForEveryPage(t *testing.T) {
	var after []string
	pages := map[string][]string{"": {"a", "b"}, "b": {"c"}}
	s := yarntest.NewServer(t, nn.Protocol, yarntest.Policy{Simple: true}, map[string]yarntest.Handler{
		"getListing": func(_ string, r hrpc.Request) (proto.Message, error) {
			var m pb.GetListingRequestProto
			if err := r.Decode(&m); err != nil {
				return nil, err
			}
			if m.GetSrc() != "/d" {
				return &pb.GetListingResponseProto{}, nil
			}
			after = append(after, string(m.StartAfter))
			list := &pb.DirectoryListingProto{RemainingEntries: proto.Uint32(1)}
			for _, name := range pages[string(m.StartAfter)] {
				list.PartialListing = append(list.PartialListing, status(name, nil))
			}
			if string(m.StartAfter) == "b" {
				list.RemainingEntries = proto.Uint32(0)
			}
			return &pb.GetListingResponseProto{DirList: list}, nil
		},
	})
	c, err := nn.New(yarnrpc.Options{Addresses: []string{s.Addr()}, User: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.List(t.Context(), "/d")
	if err != nil || len(list) != 3 || list[2].Name != "c" || strings.Join(after, ",") != ",b" {
		t.Errorf("list %+v, %v, asked after %q", list, err, after)
	}
	if _, err := c.List(t.Context(), "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
}

// The NameNode recognises a repeated call by client id and call id; the second answer is then the first one's.
func TestARepeatedRenameKeepsItsIdentity(t *testing.T) {
	type identity struct {
		client string
		call   int32
	}
	var mu sync.Mutex
	done := map[identity]bool{}
	var a, b *yarntest.Server
	rename := map[string]yarntest.Handler{"rename2": func(_ string, r hrpc.Request) (proto.Message, error) {
		mu.Lock()
		defer mu.Unlock()
		id := identity{string(r.ClientID), r.ID}
		if len(done) > 0 && !done[id] {
			return nil, yarntest.Exception{Class: "java.io.FileNotFoundException", Message: "rename source /a is not found."}
		}
		done[id] = true
		return &pb.Rename2ResponseProto{}, nil
	}}
	a = yarntest.NewServer(t, nn.Protocol, yarntest.Policy{Simple: true}, rename)
	b = yarntest.NewServer(t, nn.Protocol, yarntest.Policy{Simple: true}, rename)
	c, err := nn.New(yarnrpc.Options{Addresses: []string{a.Addr(), b.Addr()}, User: "alice", BackoffBase: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a.Inject("rename2", yarntest.Fault{Lose: true})
	if err := c.Rename(t.Context(), "/a", "/b", false); err != nil {
		t.Error(err)
	}
	if calls := b.Calls("rename2"); len(calls) != 1 || calls[0].Retry != 1 {
		t.Errorf("calls at the other name node: %+v", calls)
	}
	if err := c.Rename(t.Context(), "/a", "/b", false); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/a to /b") {
		t.Errorf("a new call: %v", err)
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	f := &fake{answers: map[string]proto.Message{
		"create": &pb.CreateResponseProto{Fs: status("", nil)}, "complete": &pb.CompleteResponseProto{Result: proto.Bool(true)},
		"mkdirs": &pb.MkdirsResponseProto{Result: proto.Bool(true)}, "delete": &pb.DeleteResponseProto{Result: proto.Bool(true)},
		"recoverLease": &pb.RecoverLeaseResponseProto{Result: proto.Bool(true)}, "isFileClosed": &pb.IsFileClosedResponseProto{Result: proto.Bool(true)},
	}}
	c, ctx := nn.NewWith(f), t.Context()
	o := nn.CreateOptions{Perm: 0o640, Holder: "h", Replication: 2, BlockSizeBytes: 1 << 20}
	if _, err := c.Create(ctx, "/x", o); err != nil {
		t.Error(err)
	}
	if r := f.req.(*pb.CreateRequestProto); r.GetCreateFlag() != 1|128 || r.CreateParent == nil || r.GetCreateParent() || r.GetMasked().GetPerm() != 0o640 || r.GetReplication() != 2 {
		t.Errorf("create %v", r)
	}
	o.Overwrite, o.CreateParent = true, true
	if _, err := c.Create(ctx, "/x", o); err != nil {
		t.Error(err)
	}
	if r := f.req.(*pb.CreateRequestProto); r.GetCreateFlag() != 1|2|128 || !r.GetCreateParent() {
		t.Errorf("create %v", r)
	}
	if err := c.CreateEmpty(ctx, "/x", o); err != nil { // whatever the options say, it neither overwrites nor makes folders
		t.Error(err)
	}
	if r := f.req.(*pb.CompleteRequestProto); r.GetFileId() != 16386 || r.GetClientName() != "h" || r.Last != nil {
		t.Errorf("complete %v", r)
	}
	if err := c.Mkdir(ctx, "/d", 0o700, false); err != nil || f.req.(*pb.MkdirsRequestProto).GetCreateParent() {
		t.Errorf("mkdirs %v, %v", f.req, err)
	}
	if err := c.SetTimes(ctx, "/x", time.UnixMilli(5), time.Time{}); err != nil || f.req.(*pb.SetTimesRequestProto).GetMtime() != 5 || f.req.(*pb.SetTimesRequestProto).GetAtime() != ^uint64(0) {
		t.Errorf("setTimes %v, %v", f.req, err)
	}
	if err := c.Fsync(ctx, "/x", "h", 7, 100); err != nil || f.req.(*pb.FsyncRequestProto).GetLastBlockLength() != 100 {
		t.Errorf("fsync %v, %v", f.req, err)
	}
	if err := errors.Join(c.Delete(ctx, "/x", true), c.SetPermission(ctx, "/x", 0o700), c.RenewLease(ctx, "h")); err != nil {
		t.Error(err)
	}
	if ok, err := c.RecoverLease(ctx, "/x", "me"); err != nil || !ok {
		t.Errorf("recoverLease %v, %v", ok, err)
	}
	if ok, err := c.IsClosed(ctx, "/x"); err != nil || !ok {
		t.Errorf("isFileClosed %v, %v", ok, err)
	}
}

func TestAnswersThatMeanNo(t *testing.T) {
	f := &fake{answers: map[string]proto.Message{"create": &pb.CreateResponseProto{Fs: status("", nil)}}}
	c, ctx := nn.NewWith(f), t.Context()
	if err := c.Delete(ctx, "/x", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("delete: %v", err)
	}
	if err := c.Mkdir(ctx, "/x", 0o700, false); err == nil {
		t.Error("mkdir: no error")
	}
	if err := c.CreateEmpty(ctx, "/x", nn.CreateOptions{}); err == nil {
		t.Error("a file that was not closed: no error")
	}
	if ok, err := c.RecoverLease(ctx, "/x", "me"); err != nil || ok {
		t.Errorf("recoverLease %v, %v", ok, err)
	}
}

func TestFigures(t *testing.T) {
	none := ^uint64(0)
	f := &fake{answers: map[string]proto.Message{
		"getContentSummary": &pb.GetContentSummaryResponseProto{Summary: &pb.ContentSummaryProto{Length: proto.Uint64(5), FileCount: proto.Uint64(2),
			DirectoryCount: proto.Uint64(1), Quota: &none, SpaceConsumed: proto.Uint64(15), SpaceQuota: &none}},
		"getFsStats": &pb.GetFsStatsResponseProto{Capacity: proto.Uint64(9), Used: proto.Uint64(4), Remaining: proto.Uint64(5),
			UnderReplicated: proto.Uint64(0), CorruptBlocks: proto.Uint64(0), MissingBlocks: proto.Uint64(0)},
		"getServerDefaults": &pb.GetServerDefaultsResponseProto{ServerDefaults: &pb.FsServerDefaultsProto{BlockSize: proto.Uint64(1 << 27), BytesPerChecksum: proto.Uint32(512),
			WritePacketSize: proto.Uint32(65536), Replication: proto.Uint32(3), FileBufferSize: proto.Uint32(4096), TrashInterval: proto.Uint64(60), EncryptDataTransfer: proto.Bool(true)}},
	}}
	c := nn.NewWith(f)
	if s, err := c.ContentSummary(t.Context(), "/x"); err != nil || s != (nn.Summary{Bytes: 5, Files: 2, Dirs: 1, SpaceBytes: 15, NameQuota: -1, SpaceQuotaBytes: -1}) {
		t.Errorf("summary %+v, %v", s, err)
	}
	if s, err := c.FSStats(t.Context()); err != nil || s != (nn.FSStats{CapacityBytes: 9, UsedBytes: 4, RemainingBytes: 5}) {
		t.Errorf("stats %+v, %v", s, err)
	}
	if d, err := c.Defaults(t.Context()); err != nil || d != (nn.Defaults{BlockSizeBytes: 1 << 27, Replication: 3, EncryptData: true, TrashInterval: time.Hour}) {
		t.Errorf("defaults %+v, %v", d, err)
	}
}

func TestDelegationTokens(t *testing.T) {
	tok := token.Token{Identifier: []byte("i"), Password: []byte("p"), Kind: token.KindHDFSDelegation}
	f := &fake{answers: map[string]proto.Message{
		"getDelegationToken":   &pb.GetDelegationTokenResponseProto{Token: tok.Proto()},
		"renewDelegationToken": &pb.RenewDelegationTokenResponseProto{NewExpiryTime: proto.Uint64(1700000000000)},
	}}
	c := nn.NewWith(f)
	if got, ok, err := c.DelegationToken(t.Context(), "rm"); err != nil || !ok || !got.Equal(tok) {
		t.Errorf("got %v, %v, %v", got, ok, err)
	}
	if until, err := c.RenewDelegationToken(t.Context(), tok); err != nil || until.UnixMilli() != 1700000000000 {
		t.Errorf("valid until %v, %v", until, err)
	}
	if err := c.CancelDelegationToken(t.Context(), tok); err != nil {
		t.Error(err)
	}
	if _, ok, err := nn.NewWith(&fake{}).DelegationToken(t.Context(), "rm"); err != nil || ok {
		t.Errorf("without security: %v, %v", ok, err)
	}
}
