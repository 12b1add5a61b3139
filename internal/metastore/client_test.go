package metastore

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/metastore/thrift"
	"weft/plugins"
)

func TestParseURIs(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
		bad  bool
	}{
		{text: "", want: nil},
		{text: "thrift://hms1:9083, thrift://hms2", want: []string{"hms1:9083", "hms2:9083"}},
		{text: "hms1:1234,", want: []string{"hms1:1234"}},
		{text: "thrift://[::1]:9083", want: []string{"[::1]:9083"}},
		{text: "http://hms1:9083", bad: true},
		{text: "thrift://", bad: true},
		{text: "thrift://h:9083/path", bad: true},
		{text: "thrift://h:nine", bad: true},
	} {
		got, err := ParseURIs(tt.text)
		if (err != nil) != tt.bad || cmp.Diff(tt.want, got) != "" && !tt.bad {
			t.Errorf("ParseURIs(%q) = %v, %v", tt.text, got, err)
		}
	}
	if _, err := New(Options{URIs: []string{" "}}); err == nil {
		t.Error("a client without an address was made")
	}
}

func TestDirectory(t *testing.T) {
	keys := []Column{{"DT", "string", ""}, {"job", "string", ""}}
	for _, tt := range []struct {
		values []string
		want   string
	}{
		{[]string{"2026-03-01", "orders"}, "dt=2026-03-01/job=orders"},
		{[]string{"", "a=b/c:d%中"}, "dt=__HIVE_DEFAULT_PARTITION__/job=a%3Db%2Fc%3Ad%25中"},
		{[]string{"a b", "\x01"}, "dt=a b/job=%01"},
	} {
		if got := Directory(keys, tt.values); got != tt.want {
			t.Errorf("Directory(%q) = %q, want %q", tt.values, got, tt.want)
		}
	}
}

func TestClasses(t *testing.T) {
	for _, tt := range []struct {
		class, text string
		want        plugins.Class
		reason      plugins.Reason
	}{
		{noSuchObject, "no table", plugins.Fatal, plugins.ReasonNotFound},
		{alreadyExists, "there", plugins.Fatal, plugins.ReasonExists},
		{invalidObject, "bad column", plugins.Fatal, plugins.ReasonConfig},
		{metaException, "Got exception: java.net.ConnectException Call From a to b failed", plugins.Transient, plugins.ReasonUnreachable},
		{metaException, "org.apache.hadoop.security.AccessControlException Permission denied: user=x", plugins.Fatal, plugins.ReasonPermission},
		{metaException, "something else", plugins.Permanent, plugins.ReasonUnknown},
	} {
		err := declared("op", tt.class, tt.text)
		if plugins.ClassOf(err) != tt.want || plugins.ReasonOf(err) != tt.reason {
			t.Errorf("%s %q: class %v, reason %q", tt.class, tt.text, plugins.ClassOf(err), plugins.ReasonOf(err))
		}
	}
}

// A create whose answer is lost is found to be done.
func TestEnsureTableAfterALostAnswer(t *testing.T) {
	made, creates := false, 0
	c := open(t, "thrift://"+fake(t, func(method string, args thrift.Struct) (thrift.Struct, *thrift.Exception) {
		switch {
		case method == "get_table_req" && made:
			return thrift.Struct{{ID: 0, Value: thrift.Struct{{ID: 1, Value: thrift.Struct{{ID: 1, Value: "t"}, {ID: 2, Value: "d"}}}}}}, nil
		case method == "get_table_req":
			return thrift.Struct{{ID: 2, Value: thrift.Struct{{ID: 1, Value: "no such table"}}}}, nil
		case method == "create_table":
			creates++
			made = true
			if creates == 1 {
				return nil, nil // the connection breaks
			}
			return thrift.Struct{{ID: 1, Value: thrift.Struct{{ID: 1, Value: "exists"}}}}, nil
		}
		return thrift.Struct{{ID: 0, Value: thrift.Strings()}}, nil
	}))
	got, err := c.EnsureTable(t.Context(), &Table{Database: "d", Name: "t"})
	if err != nil || got.String() != "d.t" || creates != 2 {
		t.Errorf("table %v, %v after %d creates", got, err, creates)
	}
}

func TestWrongPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"))
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	defer func() { l.Close(); <-done }()
	c := open(t, "thrift://"+l.Addr().String())
	defer c.Close()
	_, err = c.Database(t.Context(), "default")
	var classed *plugins.Error
	if !errors.As(err, &classed) || classed.Class != plugins.Fatal || classed.Hint == "" || !errors.Is(err, thrift.ErrMalformed) {
		t.Errorf("error %v", err)
	}
}

func TestCancelled(t *testing.T) {
	c := open(t, "thrift://"+fake(t, func(string, thrift.Struct) (thrift.Struct, *thrift.Exception) { return thrift.Struct{}, nil }))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Database(ctx, "default"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// fake is a metastore whose methods are a function. No result and no exception close the connection.
func fake(t *testing.T, answer func(method string, args thrift.Struct) (thrift.Struct, *thrift.Exception)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for answerOne(conn, answer) == nil {
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func answerOne(conn net.Conn, answer func(string, thrift.Struct) (thrift.Struct, *thrift.Exception)) error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	name := make([]byte, binary.BigEndian.Uint32(head[4:])+4)
	if _, err := io.ReadFull(conn, name); err != nil {
		return err
	}
	args, err := thrift.Decode(conn)
	if err != nil {
		return err
	}
	result, refused := answer(string(name[:len(name)-4]), args)
	kind := byte(2)
	switch {
	case refused != nil:
		kind, result = 3, thrift.Struct{{ID: 1, Value: refused.Message}, {ID: 2, Value: int32(refused.Kind)}}
	case result == nil:
		return io.EOF
	}
	out := append(append([]byte{0x80, 1, 0, kind}, head[4:]...), name...)
	if out, err = thrift.Append(out, result); err != nil {
		return err
	}
	_, err = conn.Write(out)
	return err
}
