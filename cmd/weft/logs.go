package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"weft/internal/applog"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// Defaults of the log aggregation of YARN (yarn-default.xml), and the pause
// between two looks whether it has ended.
const (
	defaultLogDir    = "/tmp/logs"
	defaultLogSuffix = "logs"
	aggregationWait  = 30 * time.Second
	aggregationPause = 300 * time.Millisecond
)

// logsFlags are those of `weft logs`.
type logsFlags struct {
	logFilter
	wait time.Duration
}

func newLogsCommand(e *env) *cobra.Command {
	var f logsFlags
	cmd := &cobra.Command{
		Use:   "logs RUN|APPLICATION",
		Short: "Print the logs of a run's containers",
		Long: `Prints what the processes of a run have logged: of a run that lives from the
NodeManagers, of one that has ended from what log aggregation gathered (TFile).
Aggregation takes a moment after the end; --wait says how long to wait for it.

--failed prints the end of those logs only in which a process told an error.
Secrets of the run are masked where its folder can be read.`,
		Example: "  weft logs orders-2026-03-01 --failed\n  weft logs application_1741000000000_0042 --grep 'split 7'",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if e.output == "json" {
				return fault.New(fault.CodeUsage, "-o json", errors.New("logs are text"))
			}
			if f.wait < 0 {
				return fault.New(fault.CodeUsage, "--wait "+f.wait.String(), errors.New("want a duration of 0 or more"))
			}
			return e.withCluster(cmd.Context(), func(ctx context.Context, s *session) error {
				return s.logs(ctx, list[0], &f)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.container, "container", "", "only this container")
	flags.BoolVar(&f.failed, "failed", false, "only the end of logs that tell an error")
	flags.StringVar(&f.grep, "grep", "", "only lines that contain this text")
	flags.BoolVar(&f.everything, "all", false, "the files too that YARN itself puts beside the logs")
	flags.DurationVar(&f.wait, "wait", aggregationWait, "how long to wait for log aggregation")
	return cmd
}

func (s *session) logs(ctx context.Context, word string, flags *logsFlags) error {
	f, err := s.lookup(ctx, word)
	if err != nil {
		return err
	}
	s.learnSecrets(ctx, f.folder)
	printer := &logPrinter{w: s.env.scrub.Writer(s.env.stdout), filter: flags.logFilter}
	if f.lives() {
		err = s.runningLogs(ctx, f, printer)
	} else {
		err = s.gatheredLogs(ctx, f, printer, flags.wait)
	}
	if err != nil {
		return err
	}
	if printer.printed == 0 {
		s.env.log.Info("nothing to print", "logs", printer.seen, "run", f.run)
	}
	return nil
}

// learnSecrets makes the secrets of a run known to the scrubber. Whoever cannot
// read the run folder gets the logs as they are: weft scrubs what it logs.
func (s *session) learnSecrets(ctx context.Context, folder checkpoint.Folder) {
	sealed, err := folder.Spec(ctx)
	if err == nil {
		var key []byte
		if key, err = folder.Key(ctx); err == nil {
			var secrets []string
			_, secrets, err = job.Unseal(sealed, key)
			s.env.scrub.Add(secrets...)
		}
	}
	if err != nil {
		s.env.log.Debug("the secrets of the run are not known here", "err", err)
	}
}

// gatheredLogs prints what log aggregation gathered.
func (s *session) gatheredLogs(ctx context.Context, f *found, printer *logPrinter, wait time.Duration) error {
	application, user, err := s.owner(ctx, f)
	if err != nil {
		return err
	}
	status := rm.LogSucceeded
	if f.report != nil {
		if status, err = s.awaitAggregation(ctx, f.report, wait); err != nil {
			return err
		}
	}
	conf := s.cluster.Conf
	files, root, err := s.cluster.Files.Open(ctx, conf.String("yarn.nodemanager.remote-app-log-dir", defaultLogDir))
	if err != nil {
		return err
	}
	gathered := applog.Aggregated{FS: files, Root: root, User: user,
		Suffix: conf.String("yarn.nodemanager.remote-app-log-dir-suffix", defaultLogSuffix)}
	unfinished, err := gathered.Walk(ctx, application, printer.visit)
	if errors.Is(err, applog.ErrNoLogs) {
		return withoutLogs(application, status, wait, err)
	}
	if len(unfinished) > 0 {
		s.env.log.Warn("log aggregation has not ended: logs are missing", "nodes", unfinished, "waited", wait)
	}
	return err
}

// owner is the application to look for and its user.
func (s *session) owner(ctx context.Context, f *found) (application, user string, err error) {
	if f.report != nil {
		return f.application(), f.report.User, nil
	}
	result, _, err := s.resultOf(ctx, f)
	if err != nil {
		return "", "", err
	}
	if _, err := yarnid.ParseApplication(result.ApplicationID); err != nil {
		return "", "", fault.New(fault.CodeNotFound, "run "+f.run, fmt.Errorf("find its application: %w", err))
	}
	return result.ApplicationID, s.cluster.User, nil
}

// awaitAggregation waits until no more logs will come, or the time is up, and
// returns how far aggregation is.
func (s *session) awaitAggregation(ctx context.Context, report *rm.Report, wait time.Duration) (rm.LogStatus, error) {
	up := time.NewTimer(wait)
	defer up.Stop()
	ticker := time.NewTicker(aggregationPause)
	defer ticker.Stop()
	for !report.Logs.Done() {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-up.C:
			return report.Logs, nil
		case <-ticker.C:
		}
		next, err := s.yarn.Report(ctx, report.ID)
		if err != nil {
			return 0, fmt.Errorf("wait for the logs of %v: %w", report.ID, err)
		}
		report = next
	}
	return report.Logs, nil
}

// withoutLogs says why there are no logs.
func withoutLogs(application string, status rm.LogStatus, wait time.Duration, cause error) error {
	problem := fault.New(fault.CodeNotFound, "logs of "+application, cause)
	switch {
	case status == rm.LogDisabled:
		problem.Notes = []string{"log aggregation is off in this cluster (yarn.log-aggregation-enable)"}
		problem.Hint = "look on the nodes, below yarn.nodemanager.log-dirs"
	case !status.Done():
		problem.Code = fault.CodeUnavailable
		problem.Notes = []string{fmt.Sprintf("log aggregation had not ended within %s (--wait)", wait)}
	case errors.Is(cause, fs.ErrPermission):
		problem.Code = fault.CodeClusterDenied
	}
	return problem
}
