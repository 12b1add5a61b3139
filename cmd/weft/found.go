package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// found is a run that somebody named: what YARN and the run folder know of it.
type found struct {
	run    string
	report *rm.Report // nil: YARN knows no application of the run
	folder checkpoint.Folder
}

// application is the application's id, or nothing.
func (f *found) application() string {
	if f.report == nil {
		return ""
	}
	return f.report.ID.String()
}

// lives says that the run has an application that has not ended.
func (f *found) lives() bool { return f.report != nil && !f.report.State.Ended() }

// lookup finds the run that a word means: an application id, or a run id.
func (s *session) lookup(ctx context.Context, word string) (*found, error) {
	if id, err := yarnid.ParseApplication(word); err == nil {
		return s.lookupApplication(ctx, id)
	}
	f := &found{run: job.ID(word)}
	var err error
	if f.report, err = s.newest(ctx, f.run); err != nil {
		return nil, err
	}
	if f.folder, err = s.folderOf(ctx, f.run, s.cluster.User); err != nil {
		return nil, err
	}
	if f.report != nil {
		return f, nil
	}
	_, err = f.folder.FS.Stat(ctx, f.folder.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		problem := fault.New(fault.CodeUnknownApp, "run "+word,
			fmt.Errorf("YARN knows no application of that run of user %s, and there is no folder %s", s.cluster.User, f.folder.Dir))
		problem.Hint = "weft list --all shows the runs that YARN knows; -D yarn.staging=... looks elsewhere"
		return nil, problem
	}
	return f, err
}

func (s *session) lookupApplication(ctx context.Context, id yarnid.Application) (*found, error) {
	report, err := s.yarn.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	run := runOf(report)
	if report.Type != submit.ApplicationType || run == "" {
		return nil, fault.New(fault.CodeUsage, id.String(),
			fmt.Errorf("this is no run of weft but an application of type %s, %q", report.Type, report.Name))
	}
	folder, err := s.folderOf(ctx, run, report.User)
	return &found{run: run, report: report, folder: folder}, err
}

// newest returns the run's living application, or else its newest one; nil if
// YARN knows none.
func (s *session) newest(ctx context.Context, run string) (*rm.Report, error) {
	report, err := s.applicationOf(ctx, run, rm.LiveStates())
	if report != nil || err != nil {
		return report, err
	}
	return s.applicationOf(ctx, run, nil)
}

// folderOf returns the folder of a run of a user. Where a job has a staging
// folder of its own, it is not found there.
func (s *session) folderOf(ctx context.Context, run, user string) (checkpoint.Folder, error) {
	_, root, err := staged(ctx, s.cluster, user, s.env.site.YARN.Staging)
	return root.Run(run), err
}

// resultOf is what the run left in its folder, or, if its ApplicationMaster had
// no chance to write anything, what YARN says; told is false then.
func (s *session) resultOf(ctx context.Context, f *found) (result *job.Result, told bool, err error) {
	result, err = f.folder.Result(ctx)
	switch {
	case err == nil && (f.report == nil || result.ApplicationID == f.application() || result.State == job.StateSucceeded):
		if f.report != nil {
			result.TrackingURL = f.report.TrackingURL
		}
		return result, true, nil
	case f.report != nil && (err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)):
		return yarnResult(f.run, f.report), false, nil
	case errors.Is(err, fs.ErrNotExist):
		problem := fault.New(fault.CodeStateUnknown, "run "+f.run,
			errors.New("it has left no result, and YARN has forgotten its application"))
		problem.Hint = "weft resume " + f.run + " goes on where it stopped"
		return nil, false, problem
	}
	return nil, false, err
}

// tell prints how a run ended that this process has not submitted.
func (s *session) tell(ctx context.Context, result *job.Result) error {
	return s.env.conclude(ctx, result, false)
}

// stateOf is the state of a run as far as YARN can tell.
func stateOf(r *rm.Report) job.State {
	switch {
	case r.State == rm.StateKilled, r.State.Ended() && r.Final == record.FinalKilled:
		return job.StateKilled
	case r.State == rm.StateFinished && r.Final == record.FinalSucceeded:
		return job.StateSucceeded
	case r.State.Ended():
		return job.StateFailed
	case r.State == rm.StateRunning:
		return job.StateRunning
	}
	return job.StateAccepted
}

// yarnResult makes a result of YARN's report alone.
func yarnResult(run string, report *rm.Report) *job.Result {
	r := &job.Result{RunID: run, Job: report.Name, State: stateOf(report), Cause: report.Diagnostics,
		ApplicationID: report.ID.String(), TrackingURL: report.TrackingURL,
		DurationMillis: report.Finished.Sub(report.Started).Milliseconds(), Outputs: []string{}, Verify: "off"}
	switch r.State {
	case job.StateSucceeded:
		r.Cause = ""
	case job.StateKilled:
		r.Reason = job.ReasonKilled
	}
	if r.Cause == "" && r.State != job.StateSucceeded {
		r.Cause = fmt.Sprintf("the application ended %v without a word of its ApplicationMaster", report.State)
	}
	if r.State == job.StateFailed {
		r.Hint = fmt.Sprintf("weft logs %s shows why, weft resume %s goes on where it stopped", report.ID, run)
	}
	r.ExitCode = job.ExitCode(r.State, r.Reason)
	return r
}
