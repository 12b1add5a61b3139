package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"weft/am/tracker"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/yarnrpc/rm"
)

func newStatusCommand(e *env) *cobra.Command {
	var watched bool
	var progress string
	cmd := &cobra.Command{
		Use:   "status RUN|APPLICATION",
		Short: "Tell how a run on the cluster goes, or how it ended",
		Long: `Asks the ApplicationMaster of a run that lives; of one that has ended it prints
what weft submit would have printed, and exits with the same code. While the run
lives the exit code is 0.

With --watch it follows the run to its end; Ctrl-C leaves the run alone.`,
		Example: "  weft status orders-2026-03-01\n  weft status application_1741000000000_0042 --watch -o json",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if err := knownProgress(progress); err != nil {
				return err
			}
			return e.withCluster(cmd.Context(), func(ctx context.Context, s *session) error {
				f, err := s.lookup(ctx, list[0])
				if err != nil {
					return err
				}
				if watched && f.lives() {
					if err := s.pursue(ctx, f, progress); err != nil {
						return err
					}
				}
				return s.tellStatus(ctx, f)
			})
		},
	}
	cmd.Flags().BoolVarP(&watched, "watch", "w", false, "show progress until the run has ended")
	cmd.Flags().StringVar(&progress, "progress", "auto", "with --watch: progress on standard error: auto, json or none")
	return cmd
}

// tellStatus prints where a run stands, from whoever knows best.
func (s *session) tellStatus(ctx context.Context, f *found) error {
	if !f.lives() {
		result, _, err := s.resultOf(ctx, f)
		if err != nil {
			return err
		}
		return s.tell(ctx, result)
	}
	status := newLiveStatus(f)
	master := &asker{folder: f.folder}
	var snapshot tracker.Snapshot
	switch err := master.status(ctx, &snapshot); {
	case err == nil && snapshot.Attempt > 0:
		status.Snapshot, status.Source = snapshot, sourceMaster
	case err != nil && f.report.State == rm.StateRunning:
		s.env.log.Warn("the ApplicationMaster does not answer; this is what YARN knows", "err", err)
	}
	if err := master.close(); err != nil {
		return err
	}
	if s.env.output == "json" {
		return s.env.object(status)
	}
	_, err := fmt.Fprint(s.env.scrub.Writer(s.env.stdout), status.text())
	if err != nil {
		return fmt.Errorf("print status: %w", err)
	}
	return nil
}

// liveStatus is what `weft status -o json` prints of a run that has not ended.
type liveStatus struct {
	tracker.Snapshot
	ExitCode      int    `json:"exit_code"` // 0: it has not failed
	ApplicationID string `json:"application_id"`
	TrackingURL   string `json:"tracking_url"`
	Queue         string `json:"queue"`
	User          string `json:"user"`
	Diagnostics   string `json:"diagnostics,omitempty"` // YARN's, such as why it waits
	Source        string `json:"source"`                // who said so: master or resourcemanager
}

// Sources of a liveStatus.
const (
	sourceMaster  = "master"
	sourceManager = "resourcemanager"
)

// newLiveStatus is what the ResourceManager knows.
func newLiveStatus(f *found) *liveStatus {
	r := f.report
	status := &liveStatus{ExitCode: fault.ExitOK, ApplicationID: f.application(), TrackingURL: r.TrackingURL,
		Queue: r.Queue, User: r.User, Diagnostics: r.Diagnostics, Source: sourceManager}
	status.Snapshot = tracker.Snapshot{RunID: f.run, Job: r.Name, State: string(stateOf(r)), Percent: -1,
		ETASeconds: -1, DirtyLimit: -1, Attempt: int64(r.Attempt.Number)}
	if r.Progress > 0 {
		status.Percent = 100 * float64(r.Progress)
	}
	return status
}

// maxStatusSplits is how many splits the text of a status shows.
const maxStatusSplits = 20

func (l *liveStatus) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", l.RunID)
	if l.Source == sourceMaster {
		fmt.Fprintf(&b, "%s\n", progressLine(l.Snapshot))
	} else {
		fmt.Fprintf(&b, "%s%s\n", l.State, percentOf(l.Percent))
	}
	if l.Beginning != "" {
		fmt.Fprintf(&b, "began       %s\n", l.Beginning)
	}
	fmt.Fprintf(&b, "application %s of %s in queue %s, %d containers\n", l.ApplicationID, l.User, l.Queue, l.Containers)
	if l.Diagnostics != "" {
		fmt.Fprintf(&b, "yarn says   %s\n", strings.TrimSpace(l.Diagnostics))
	}
	if l.TrackingURL != "" {
		fmt.Fprintf(&b, "page        %s\n", l.TrackingURL)
	}
	splitTable(&b, l.Detail)
	return b.String()
}

// percentOf is " 42.3%", or nothing when it is not known.
func percentOf(percent float64) string {
	if percent < 0 {
		return ""
	}
	return fmt.Sprintf(" %.1f%%", percent)
}

// splitTable shows the splits that are not done: the failing ones first, then
// the running ones.
func splitTable(b *strings.Builder, all []tracker.Split) {
	open := slices.DeleteFunc(slices.Clone(all), func(s tracker.Split) bool { return s.State == "done" })
	slices.SortStableFunc(open, func(x, y tracker.Split) int {
		if x.Failures != y.Failures {
			return y.Failures - x.Failures
		}
		return rank(x.State) - rank(y.State)
	})
	if len(open) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nSPLIT\tSTATE\tATTEMPT\tROWS\tFAILURES\tCONTAINER\tLAST ERROR")
	for _, s := range open[:min(len(open), maxStatusSplits)] {
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%d\t%s\t%s\n", s.ID, s.State, s.Attempt, s.RowsRead, s.Failures, s.Container, firstLine(s.Cause))
	}
	_ = w.Flush() // into memory
	if more := len(open) - maxStatusSplits; more > 0 {
		fmt.Fprintf(b, "... and %d more that are not done\n", more)
	}
}

func rank(state string) int {
	if state == "running" {
		return 0
	}
	return 1
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// states are those that --state of `weft list` takes.
func states() []job.State {
	return []job.State{job.StateAccepted, job.StateRunning, job.StateSucceeded, job.StateFailed, job.StateKilled}
}
