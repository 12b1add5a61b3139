package yarnrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/sasl"
)

func remote(class, message string) error {
	return fmt.Errorf("outer: %w", yarnrpc.NewRemoteError(class, message, "m", "h:1", true))
}

func TestJavaExceptions(t *testing.T) {
	const yarn = "org.apache.hadoop.yarn.exceptions."
	for _, c := range []struct {
		class, message string
		want           yarnrpc.Class
		is             error
		safe           bool
	}{
		{"org.apache.hadoop.ipc.StandbyException", "", yarnrpc.ClassTransient, yarnrpc.ErrStandby, true},
		{"org.apache.hadoop.ipc.RetriableException", "org.apache.hadoop.hdfs.server.namenode.SafeModeException: x", yarnrpc.ClassTransient, yarnrpc.ErrBusy, true},
		{yarn + "ApplicationMasterNotRegisteredException", "", yarnrpc.ClassTransient, yarnrpc.ErrResync, false},
		{yarn + "ApplicationAttemptNotFoundException", "", yarnrpc.ClassPermanent, yarnrpc.ErrAttemptOver, false},
		{yarn + "InvalidApplicationMasterRequestException", "expect responseId to be 3", yarnrpc.ClassPermanent, yarnrpc.ErrOutOfStep, false},
		{yarn + "InvalidApplicationMasterRequestException", "Application doesn't exist in cache appattempt_1", yarnrpc.ClassPermanent, yarnrpc.ErrAttemptOver, false},
		{yarn + "InvalidResourceRequestException", "", yarnrpc.ClassFatal, yarnrpc.ErrBadRequest, false},
		{yarn + "YarnException", "something else", yarnrpc.ClassPermanent, nil, false},
		{yarn + "YarnException", "Unauthorized request to start container. \nThis token is expired.", yarnrpc.ClassPermanent, yarnrpc.ErrContainerRefused, false},
		{"org.apache.hadoop.security.token.SecretManager$InvalidToken", "", yarnrpc.ClassPermanent, yarnrpc.ErrInvalidToken, false},
		{"org.apache.hadoop.security.token.SecretManager.InvalidToken", "", yarnrpc.ClassPermanent, yarnrpc.ErrDenied, false},
		{"org.apache.hadoop.security.AccessControlException", "", yarnrpc.ClassFatal, fs.ErrPermission, false},
		{"java.io.FileNotFoundException", "", yarnrpc.ClassPermanent, fs.ErrNotExist, false},
		{"org.apache.hadoop.fs.FileAlreadyExistsException", "", yarnrpc.ClassPermanent, fs.ErrExist, false},
		{"org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", "", yarnrpc.ClassFatal, yarnrpc.ErrQuota, false},
		{"com.example.Unknown", "", yarnrpc.ClassPermanent, nil, false},
		{"", "", yarnrpc.ClassPermanent, nil, false},
	} {
		err := remote(c.class, c.message)
		if got := yarnrpc.ClassOf(err); got != c.want {
			t.Errorf("%s: class %v, want %v", c.class, got, c.want)
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s is not %v", c.class, c.is)
		}
		if got := yarnrpc.SafeToRetry(err); got != c.safe {
			t.Errorf("%s: safe to retry %v", c.class, got)
		}
	}
}

func TestRemoteErrorKeepsTheTextAndDropsTheTrace(t *testing.T) {
	e := yarnrpc.NewRemoteError("java.io.IOException", "java.io.IOException: two\nlines\n\tat A.b(A.java:1)\nCaused by: x", "", "h:1", true)
	if got, want := e.Error(), "connect to h:1: IOException: two lines"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !e.OverWire || e.Class() != yarnrpc.ClassPermanent {
		t.Errorf("got %+v", e)
	}
}

func TestClassesOfOtherErrors(t *testing.T) {
	transport := func(sent bool, err error) error {
		return &yarnrpc.TransportError{Method: "m", Address: "h:1", Sent: sent, Err: err}
	}
	broken := errors.New("broken pipe")
	for _, c := range []struct {
		err  error
		want yarnrpc.Class
		safe bool
	}{
		{transport(false, broken), yarnrpc.ClassTransient, true},
		{transport(true, broken), yarnrpc.ClassLost, false},
		{transport(false, hrpc.ErrHTTP), yarnrpc.ClassFatal, true},
		{transport(false, sasl.ErrDowngrade), yarnrpc.ClassFatal, true},
		{transport(true, hrpc.ErrFrameSize), yarnrpc.ClassBug, false},
		{transport(true, context.Canceled), yarnrpc.ClassPermanent, false},
		{broken, yarnrpc.ClassPermanent, false},
		{nil, yarnrpc.ClassPermanent, false},
	} {
		if got := yarnrpc.ClassOf(c.err); got != c.want {
			t.Errorf("%v: class %v, want %v", c.err, got, c.want)
		}
		if got := yarnrpc.SafeToRetry(c.err); got != c.safe {
			t.Errorf("%v: safe to retry %v", c.err, got)
		}
	}
}
