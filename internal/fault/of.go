package fault

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"syscall"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
	"weft/yarnrpc"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/sasl"
)

// Of reports any error. It never returns a Report without a code.
func Of(err error) Report {
	r := Report{Code: codeOf(err), Message: err.Error()}
	var diagnostic job.Diagnostic
	if errors.As(err, &diagnostic) {
		r.Hint = diagnostic.Hint
	}
	var ends *plugins.Error
	if errors.As(err, &ends) {
		r.Hint = ends.Hint
	}
	var own *Error
	if errors.As(err, &own) {
		r.Notes = own.Notes
		if own.Hint != "" {
			r.Hint = own.Hint
		}
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		r.Chain = append(r.Chain, cause.Error())
	}
	return r.complete()
}

// OfReason returns the code of a reason that a finding gives.
func OfReason(reason plugins.Reason) string { return codeOfEnd(plugins.Permanent, reason) }

// Ended reports a run that ended with a class and a reason as they travel in
// results and messages, where the error itself does not.
func Ended(class plugins.Class, reason plugins.Reason, cause, hint string) Report {
	return Report{Code: codeOfEnd(class, reason), Message: cause, Hint: hint}.complete()
}

// ExitCode returns what the program should exit with for err; 0 for nil.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	return ExitOf(codeOf(err))
}

// codeOf asks the outermost error that knows better than its cause.
func codeOf(err error) string {
	var own *Error
	var diagnostic job.Diagnostic
	var ends *plugins.Error
	var rows *plugins.RowErrors
	switch {
	case errors.As(err, &own):
		return own.Code
	case errors.As(err, &diagnostic):
		return diagnostic.Code
	case errors.As(err, &ends):
		return codeOfPlugin(err)
	case errors.As(err, &rows):
		return CodeRow
	}
	if code := codeOfCluster(err); code != "" {
		return code
	}
	return codeOfSystem(err)
}

// codeOfPlugin maps class and reason; where the plugin gave no reason, what
// lies below may be known.
func codeOfPlugin(err error) string {
	class, reason := plugins.ClassOf(err), plugins.ReasonOf(err)
	if reason == plugins.ReasonUnknown && class != plugins.Bug {
		if code := codeOfCluster(err); code != "" {
			return code
		}
	}
	return codeOfEnd(class, reason)
}

// byReason are the codes of the reasons that a plugin or a run can give.
var byReason = map[plugins.Reason]string{
	plugins.ReasonUnreachable:  CodeUnreachable,
	plugins.ReasonAuth:         CodeAuth,
	plugins.ReasonPermission:   CodePermission,
	plugins.ReasonNotFound:     CodeNotFound,
	plugins.ReasonExists:       CodeExists,
	plugins.ReasonConfig:       CodeConfig,
	plugins.ReasonSchema:       CodeSchema,
	plugins.ReasonSpace:        CodeSpace,
	plugins.ReasonChanged:      CodeChanged,
	plugins.ReasonTimeout:      CodeDeadline,
	plugins.ReasonFenced:       CodeFenced,
	plugins.ReasonSnapshotLost: CodeSnapshotLost,
	job.ReasonErrorLimit:       CodeErrorLimit,
	job.ReasonKilled:           CodeKilled,
	job.ReasonMismatch:         CodeMismatch,
	job.ReasonRunning:          CodeRunning,
	job.ReasonDirtyRows:        CodeDirtyRows,
	job.ReasonAttempts:         CodeAttempts,
	job.ReasonCheckpoint:       CodeCheckpoint,
	job.ReasonVersion:          CodeVersion,
	plugins.ReasonGone:         CodeGone,
}

func codeOfEnd(class plugins.Class, reason plugins.Reason) string {
	if code := byReason[reason]; code != "" && class != plugins.Bug {
		return code
	}
	switch class {
	case plugins.Bug:
		return CodeBug
	case plugins.Transient, plugins.Lost:
		return CodeEndTransient
	case plugins.Dirty:
		return CodeRow
	}
	return CodeEndPermanent
}

// sentinels are tried in this order: the more special first.
var sentinels = []struct {
	err  error
	code string
}{
	{yarnrpc.ErrInvalidToken, CodeToken},
	{yarnrpc.ErrDenied, CodeClusterDenied},
	{sasl.ErrNoMechanism, CodeClusterDenied},
	{yarnrpc.ErrUnknownApplication, CodeUnknownApp},
	{yarnrpc.ErrAttemptOver, CodeFenced},
	{yarnrpc.ErrBadRequest, CodeBadRequest},
	{yarnrpc.ErrQuota, CodeStoreSpace},
	{yarnrpc.ErrLease, CodeFenced},
	{yarnrpc.ErrStandby, CodeUnavailable},
	{yarnrpc.ErrBusy, CodeUnavailable},
	{yarnrpc.ErrUnsupported, CodeProtocol},
	{hadoopconf.ErrNotConfigured, CodeNoHadoopConf},
	{fsys.ErrNoSpace, CodeStoreSpace},
	{fsys.ErrLease, CodeFenced},
	{fsys.ErrUnavailable, CodeUnavailable},
	{fsys.ErrOutcomeUnknown, CodeUnavailable},
	{fsys.ErrLocked, CodeRunning},
	{fsys.ErrNotEmpty, CodeExists},
	{fsys.ErrNotDir, CodeExists},
	{fsys.ErrIsDir, CodeExists},
}

// codeOfCluster knows errors of yarnrpc and fsys; "" for others.
func codeOfCluster(err error) string {
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.code
		}
	}
	var remote *yarnrpc.RemoteError
	var transport *yarnrpc.TransportError
	remoteAnswer := errors.As(err, &remote)
	if remoteAnswer && errors.Is(err, fs.ErrPermission) {
		return CodeClusterDenied
	}
	if !remoteAnswer && !errors.As(err, &transport) {
		return ""
	}
	switch yarnrpc.ClassOf(err) {
	case yarnrpc.ClassTransient, yarnrpc.ClassLost:
		return CodeManagerDown
	case yarnrpc.ClassBug, yarnrpc.ClassFatal:
		return CodeProtocol
	}
	if remoteAnswer {
		return CodeRemote
	}
	return CodeManagerDown
}

// codeOfSystem knows what the standard library tells apart.
func codeOfSystem(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return CodeStoreSpace
	case errors.Is(err, context.DeadlineExceeded):
		return CodeDeadline
	case errors.Is(err, context.Canceled):
		return CodeInterrupted
	case errors.Is(err, fs.ErrPermission):
		return CodePermission
	case errors.Is(err, fs.ErrNotExist):
		return CodeNotFound
	case errors.Is(err, fs.ErrExist):
		return CodeExists
	case errors.As(err, &network) && !bareErrno(network):
		return CodeUnreachable
	}
	return CodeUnclassed
}

// bareErrno tells an error number of the kernel, which has the methods of a
// net.Error too, from an error of the network.
func bareErrno(err net.Error) bool {
	_, bare := err.(syscall.Errno)
	return bare
}
