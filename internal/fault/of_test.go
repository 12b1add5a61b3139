package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
	"weft/yarnrpc"
	"weft/yarnrpc/hadoopconf"
)

func TestOf(t *testing.T) {
	cause := errors.New("cause")
	remote := func(exception string) error {
		return fmt.Errorf("submit: %w", yarnrpc.NewRemoteError(exception, "said no", "submitApplication", "rm:8032", true))
	}
	plugin := func(class plugins.Class, reason plugins.Reason) error {
		return fmt.Errorf("run split 3: %w", &plugins.Error{Class: class, Reason: reason, Op: "read", Err: cause})
	}
	tests := []struct {
		name string
		err  error
		code string
		exit int
	}{
		{"own", New(CodeErrorLimit, "run x", cause), CodeErrorLimit, 3},
		{"own around a plugin's", New(CodeAttempts, "split 3", plugin(plugins.Transient, plugins.ReasonAuth)), CodeAttempts, 1},
		{"diagnostic", fmt.Errorf("load: %w", job.Diagnostic{Code: job.CodeSyntax, Text: "x"}), job.CodeSyntax, 2},
		{"unreachable", plugin(plugins.Transient, plugins.ReasonUnreachable), CodeUnreachable, 5},
		{"auth", plugin(plugins.Fatal, plugins.ReasonAuth), CodeAuth, 6},
		{"permission", plugin(plugins.Fatal, plugins.ReasonPermission), CodePermission, 6},
		{"not found", plugin(plugins.Fatal, plugins.ReasonNotFound), CodeNotFound, 2},
		{"config", plugin(plugins.Fatal, plugins.ReasonConfig), CodeConfig, 2},
		{"no reason, transient", plugin(plugins.Transient, ""), CodeEndTransient, 5},
		{"no reason, permanent", plugin(plugins.Permanent, ""), CodeEndPermanent, 1},
		{"bug with a reason", plugin(plugins.Bug, plugins.ReasonAuth), CodeBug, 1},
		{"rows", &plugins.RowErrors{Rows: []plugins.RowError{{Column: "a"}}}, CodeRow, 1},
		{"plugin over hdfs", &plugins.Error{Op: "write", Err: fmt.Errorf("x: %w", fsys.ErrNoSpace)}, CodeStoreSpace, 1},
		{"queue", remote("org.apache.hadoop.yarn.exceptions.InvalidResourceRequestException"), CodeBadRequest, 2},
		{"unknown application", remote("org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException"), CodeUnknownApp, 8},
		{"token", remote("org.apache.hadoop.security.token.SecretManager$InvalidToken"), CodeToken, 6},
		{"access", remote("org.apache.hadoop.security.AccessControlException"), CodeClusterDenied, 6},
		{"standby", remote("org.apache.hadoop.ipc.StandbyException"), CodeUnavailable, 5},
		{"safe mode", remote("org.apache.hadoop.hdfs.server.namenode.SafeModeException"), CodeUnavailable, 5},
		{"other exception", remote("java.lang.IllegalStateException"), CodeRemote, 1},
		{"no daemon", &yarnrpc.TransportError{Method: "m", Address: "a:1", Err: cause}, CodeManagerDown, 5},
		{"answer lost", &yarnrpc.TransportError{Method: "m", Address: "a:1", Sent: true, Err: cause}, CodeManagerDown, 5},
		{"hadoop configuration", fmt.Errorf("x: %w", hadoopconf.ErrNotConfigured), CodeNoHadoopConf, 2},
		{"file system away", fmt.Errorf("x: %w", fsys.ErrUnavailable), CodeUnavailable, 5},
		{"disk full", &fs.PathError{Op: "write", Path: "/x", Err: fsys.ErrNoSpace}, CodeStoreSpace, 1},
		{"missing file", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist}, CodeNotFound, 2},
		{"no right", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrPermission}, CodePermission, 6},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), CodeDeadline, 5},
		{"cancelled", fmt.Errorf("x: %w", context.Canceled), CodeInterrupted, 130},
		{"disk of standard output full", &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}, CodeStoreSpace, 1},
		{"a file where a folder must be", &fs.PathError{Op: "stat", Path: "/x", Err: fsys.ErrNotDir}, CodeExists, 1},
		{"any other of the kernel's", &fs.PathError{Op: "write", Path: "/x", Err: syscall.EIO}, CodeUnclassed, 1},
		{"network", &net.OpError{Op: "dial", Err: cause}, CodeUnreachable, 5},
		{"anything", cause, CodeUnclassed, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Of(tt.err)
			if r.Code != tt.code || r.Exit != tt.exit || ExitCode(tt.err) != tt.exit {
				t.Errorf("%s exit %d, want %s exit %d", r.Code, r.Exit, tt.code, tt.exit)
			}
			if r.Message != tt.err.Error() || len(r.Chain) == 0 {
				t.Errorf("message %q, chain %q", r.Message, r.Chain)
			}
		})
	}
	if ExitCode(nil) != ExitOK {
		t.Error("nil is no success")
	}
}

func TestReportText(t *testing.T) {
	err := &Error{Code: CodeAuth, Op: "check orders", Notes: []string{"nothing was touched"}, Hint: "grant it\nor not",
		Err: &plugins.Error{Op: "log in", Hint: "inner", Err: errors.New("refused")}}
	var b bytes.Buffer
	if err := Of(err).Text(&b, true); err != nil {
		t.Fatal(err)
	}
	want := `error[E3002]: check orders: log in: refused
   = note: nothing was touched
   = help: grant it
     or not
   0: check orders: log in: refused
   1: log in: refused
   2: refused
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	data, jerr := json.Marshal(Of(err))
	if jerr != nil {
		t.Fatal(jerr)
	}
	const object = `{"code":"E3002","exit_code":6,"message":"check orders: log in: refused","notes":["nothing was touched"],"hint":"grant it\nor not"}`
	if string(data) != object {
		t.Errorf("got %s\nwant %s", data, object)
	}
}

func TestDiagnostics(t *testing.T) {
	var b bytes.Buffer
	err := Diagnostics(&b, []job.Diagnostic{
		{Code: "E2104", Severity: plugins.Fail, File: "orders.json", Line: 14, Column: 7, Source: `"订单": splitPK: id`, Mark: 6, MarkLength: 7,
			Text: `unknown option "splitPK"`, Hint: `did you mean "splitPk"?`},
		{Code: "E2110", Severity: plugins.Note, File: "orders.json", Text: "about it all", Hint: "so what"},
		{Code: "E2202", Severity: plugins.Warn, Text: "about nothing"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`error[E2104]: unknown option "splitPK"`,
		`  --> orders.json:14:7`,
		`   |`,
		`14 | "订单": splitPK: id`,
		`   |         ^^^^^^^ did you mean "splitPk"?`,
		``,
		`note[E2110]: about it all`,
		` --> orders.json`,
		`   = help: so what`,
		`warning[E2202]: about nothing`,
		``,
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
