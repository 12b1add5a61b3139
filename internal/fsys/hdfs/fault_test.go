package hdfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"weft/internal/fsys"
	"weft/test/cluster"
	"weft/yarnrpc"
	"weft/yarnrpc/nn"
)

// loser is a Caller that carries out calls of one method and loses their answers.
type loser struct {
	yarnrpc.Caller
	method string
	lost   atomic.Int32 // answers lost so far
}

func (l *loser) Call(ctx context.Context, method string, req, resp proto.Message) error {
	err := l.Caller.Call(ctx, method, req, resp)
	if method == l.method && err == nil {
		l.lost.Add(1)
		return &yarnrpc.TransportError{Method: method, Address: "nn", Sent: true, Err: io.ErrUnexpectedEOF}
	}
	return err
}

// losing returns a file system that never hears the answers of one method.
func losing(t *testing.T, method string) (*FS, *loser) {
	t.Helper()
	f := connect(t, Options{User: "alice"})
	l := &loser{Caller: f.rpc, method: method}
	f.rpc = l
	f.nn = nn.NewWith(l)
	return f, l
}

func TestLostAnswerOfCreateIsUnknown(t *testing.T) {
	f, _ := losing(t, "create")
	_, err := f.CreateExclusive(t.Context(), home(t, "/lost-create")+"/f", 0o644)
	if !errors.Is(err, fsys.ErrOutcomeUnknown) {
		t.Errorf("create = %v; want ErrOutcomeUnknown", err)
	}
}

func TestLostAnswerOfCloseIsReadBack(t *testing.T) {
	f, l := losing(t, "complete")
	name := home(t, "/lost-close") + "/f"
	if err := fsys.WriteFileExclusive(t.Context(), f, name, []byte("whole"), 0o644); err != nil {
		t.Errorf("close = %v; want that it finds the file closed", err)
	}
	if l.lost.Load() == 0 {
		t.Error("no answer was lost")
	}
	if got, err := fsys.ReadFile(t.Context(), f, name, 100); err != nil || string(got) != "whole" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

// A call that never reached the NameNode is no different for the caller, but
// here the file is still open: recovery closes it with all its bytes.
func TestLostCallOfCloseIsRecovered(t *testing.T) {
	f := connect(t, Options{User: "alice"})
	name := home(t, "/lost-call") + "/f"
	w, err := f.CreateExclusive(t.Context(), name, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	if err := w.Sync(); err != nil { // nothing is on its way any more
		t.Fatal(err)
	}
	w.(*writeFile).nn = nn.NewWith(refuser{f.rpc, "complete"})
	if err := w.Close(); err != nil {
		t.Errorf("close = %v; want that lease recovery completes the file", err)
	}
	if got, err := fsys.ReadFile(t.Context(), f, name, 100); err != nil || string(got) != "whole" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

// refuser is a Caller that never sends calls of one method.
type refuser struct {
	yarnrpc.Caller
	method string
}

func (r refuser) Call(ctx context.Context, method string, req, resp proto.Message) error {
	if method == r.method {
		return &yarnrpc.TransportError{Method: method, Address: "nn", Err: errors.New("connection refused")}
	}
	return r.Caller.Call(ctx, method, req, resp)
}

// admin makes a call of ClientProtocol as the superuser, fields being varints
// and strings in order.
func admin(t *testing.T, method string, fields ...any) {
	t.Helper()
	f := connect(t, Options{User: shared.Hadoop(t).Superuser()})
	var raw []byte
	for i, field := range fields {
		num := protowire.Number(i + 1)
		switch v := field.(type) {
		case int:
			raw = protowire.AppendVarint(protowire.AppendTag(raw, num, protowire.VarintType), uint64(v))
		case string:
			raw = protowire.AppendString(protowire.AppendTag(raw, num, protowire.BytesType), v)
		}
	}
	req := &emptypb.Empty{}
	req.ProtoReflect().SetUnknown(raw)
	if err := f.rpc.Call(t.Context(), method, req, &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
}

func TestQuotaIsNoSpace(t *testing.T) {
	f, dir := connect(t, Options{User: "alice"}), home(t, "/quota")
	admin(t, "setQuota", dir, 3, 1<<30) // the folder itself counts
	space, err := f.Space(t.Context(), dir)
	if err != nil || space.FreeNames != 2 || space.TotalBytes > 1<<30 {
		t.Errorf("Space = %+v, %v; want 2 names, at most 1 GiB", space, err)
	}
	for i := range 2 {
		if err := fsys.WriteFileExclusive(t.Context(), f, fmt.Sprintf("%s/%d", dir, i), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.CreateExclusive(t.Context(), dir+"/2", 0o644)
	if !errors.Is(err, fsys.ErrNoSpace) || !strings.Contains(err.Error(), "quota") {
		t.Errorf("create beyond the quota = %v; want ErrNoSpace that names the quota", err)
	}

	admin(t, "setQuota", dir, 100, 1<<20) // less than a block
	w, err := f.CreateExclusive(t.Context(), dir+"/3", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, werr := w.Write(make([]byte, 128<<10))
	if cerr := w.Close(); !errors.Is(errors.Join(werr, cerr), fsys.ErrNoSpace) || cerr == nil {
		t.Errorf("write, close beyond the space quota = %v, %v; want ErrNoSpace", werr, cerr)
	}
	if closed, err := f.IsClosed(t.Context(), dir+"/3"); err != nil || closed {
		t.Errorf("IsClosed of the broken file = %v, %v; it must not look complete", closed, err)
	}
}

func TestSafeModeIsUnavailable(t *testing.T) {
	f := connect(t, Options{User: "alice", RPC: yarnrpc.Options{RetryFor: 500 * time.Millisecond}})
	dir := home(t, "/safe")
	admin(t, "setSafeMode", 2) // SAFEMODE_ENTER
	defer admin(t, "setSafeMode", 1)
	if _, err := f.List(t.Context(), dir); err != nil {
		t.Errorf("list in safe mode = %v; reading goes on", err)
	}
	_, err := f.CreateExclusive(t.Context(), dir+"/f", 0o644)
	if !errors.Is(err, fsys.ErrUnavailable) || !errors.Is(err, fsys.ErrGaveUp) || !strings.Contains(err.Error(), "safe mode") {
		t.Errorf("create in safe mode = %v; want ErrUnavailable after waiting, that names it", err)
	}
}

func TestHungNamenodeEndsWithTheContext(t *testing.T) {
	h := shared.Hadoop(t)
	f := connect(t, Options{User: "alice"})
	if _, err := f.Stat(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if err := h.Pause(cluster.NameNode); err != nil {
		t.Fatal(err)
	}
	defer h.Resume(cluster.NameNode)
	for what, call := range map[string]func(context.Context) error{
		"stat":   func(ctx context.Context) error { _, err := f.Stat(ctx, "/"); return err },
		"open":   func(ctx context.Context) error { _, err := f.Open(ctx, "/x"); return err },
		"create": func(ctx context.Context) error { _, err := f.CreateExclusive(ctx, "/x", 0o644); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		start := time.Now()
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
			t.Errorf("%s of a hung NameNode = %v after %v; want the deadline of the context", what, err, time.Since(start))
		}
	}
}

// restart kills a daemon and starts it again.
func restart(t *testing.T, d cluster.Daemon) {
	t.Helper()
	h := shared.Hadoop(t)
	if err := h.Kill(d); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNamenodeRestartDuringAWrite(t *testing.T) {
	f, dir := connect(t, Options{User: "alice", BlockSizeBytes: 1 << 20}), home(t, "/nn-restart")
	data := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	w, err := f.CreateExclusive(t.Context(), dir+"/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data[:1<<20+1]); err != nil {
		t.Fatal(err)
	}
	restart(t, cluster.NameNode)
	if _, err := w.Write(data[1<<20+1:]); err != nil {
		t.Fatalf("write after the restart = %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("close after the restart = %v", err)
	}
	if got, err := fsys.ReadFile(t.Context(), f, dir+"/f", 4<<20); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the file holds %d bytes, %v; want the %d written", len(got), err, len(data))
	}
}

func TestDatanodeDeathBreaksTheFileAndOnlyIt(t *testing.T) {
	f, dir := connect(t, Options{User: "alice"}), home(t, "/dn-death")
	data := make([]byte, 4<<20)
	if err := fsys.WriteFileExclusive(t.Context(), f, dir+"/old", data, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(t.Context(), dir+"/old")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	w, err := f.CreateExclusive(t.Context(), dir+"/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	restart(t, cluster.DataNode)

	for range 3 { // the break may show at the first write, at a later one, or at close
		_, err = w.Write(data)
	}
	if cerr := w.Close(); cerr == nil {
		t.Errorf("writes after the death of the DataNode = %v, close = nil; want an error", err)
	}
	if err := f.Remove(t.Context(), dir+"/f"); err != nil {
		t.Errorf("remove of the broken file = %v", err)
	}
	if err := fsys.WriteFileExclusive(t.Context(), f, dir+"/again", data, 0o644); err != nil {
		t.Errorf("writing the unit again = %v", err)
	}
	rest, err := io.ReadAll(r)
	if err != nil || len(rest) != len(data)-1000 {
		t.Errorf("the reader goes on with %d bytes, %v; want %d", len(rest), err, len(data)-1000)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// The blocks of the old file are gone, so that no right bytes can be had; what
// matters is that the new file's are not taken for them.
func TestReplacedFileIsNotMixed(t *testing.T) {
	f, dir := connect(t, Options{User: "alice"}), home(t, "/replaced")
	if err := fsys.WriteFileExclusive(t.Context(), f, dir+"/f", []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := f.Open(t.Context(), dir+"/f")
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Create(t.Context(), dir+"/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("other")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(file); err == nil && string(got) != "old" {
		t.Errorf("the open file reads %q; want its own bytes or an error", got)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

func TestRenamedFileIsReadOn(t *testing.T) {
	f, dir := connect(t, Options{User: "alice"}), home(t, "/renamed")
	for name, text := range map[string]string{"/f": "old", "/g": "other"} {
		if err := fsys.WriteFileExclusive(t.Context(), f, dir+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := f.Open(t.Context(), dir+"/f")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Rename(t.Context(), dir+"/f", dir+"/moved"); err != nil {
		t.Fatal(err)
	}
	if err := f.Rename(t.Context(), dir+"/g", dir+"/f"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(file)
	if err != nil || string(got) != "old" {
		t.Errorf("the open file reads %q, %v; want its own bytes", got, err)
	}
	if err := file.(*readFile).reopen(); err != nil {
		t.Errorf("reopen = %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

func TestClosedFileSystemRefuses(t *testing.T) {
	f := connect(t, Options{User: "alice"})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CreateExclusive(t.Context(), "/tmp/x", 0o644); err == nil {
		t.Error("create on a closed file system succeeded")
	}
	if _, err := f.Open(t.Context(), "/tmp/x"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("open on a closed file system = %v; want ErrClosed", err)
	}
}
