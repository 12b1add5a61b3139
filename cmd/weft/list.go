package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/yarnrpc/rm"
)

// listFlags are those of `weft list`.
type listFlags struct {
	all    bool
	states []string
	user   string
}

func newListCommand(e *env) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the runs that YARN knows",
		Long: `Lists the runs that live on the cluster, of all users, newest first; with --all
those too that have ended and that YARN still remembers.`,
		Example: "  weft list --all --user etl\n  weft list --state FAILED,KILLED -o json",
		GroupID: groupRun,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, err := f.wanted()
			if err != nil {
				return err
			}
			return e.withCluster(cmd.Context(), func(ctx context.Context, s *session) error {
				rows, err := s.list(ctx, wanted, f.user)
				if err != nil {
					return err
				}
				if e.output == "json" {
					return e.object(map[string]any{"runs": rows})
				}
				return printList(e.scrub.Writer(e.stdout), rows)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.all, "all", "a", false, "those too that have ended")
	flags.StringSliceVar(&f.states, "state", nil, "only these: ACCEPTED, RUNNING, SUCCEEDED, FAILED, KILLED")
	flags.StringVar(&f.user, "user", "", "only the runs of this user")
	return cmd
}

// wanted are the states to list.
func (f *listFlags) wanted() ([]job.State, error) {
	switch {
	case len(f.states) == 0 && f.all:
		return states(), nil
	case len(f.states) == 0:
		return []job.State{job.StateAccepted, job.StateRunning}, nil
	}
	var wanted []job.State
	for _, word := range f.states {
		state := job.State(strings.ToUpper(strings.TrimSpace(word)))
		if !slices.Contains(states(), state) {
			return nil, fault.New(fault.CodeUsage, "--state "+word, fmt.Errorf("want some of %v", states()))
		}
		wanted = append(wanted, state)
	}
	return wanted, nil
}

// listed is one line of `weft list`.
type listed struct {
	RunID          string    `json:"run_id"`
	Job            string    `json:"job"`
	State          job.State `json:"state"`
	Percent        float64   `json:"percent"` // -1 if not known
	Started        time.Time `json:"started"`
	ElapsedSeconds int64     `json:"elapsed_seconds"`
	Queue          string    `json:"queue"`
	User           string    `json:"user"`
	ApplicationID  string    `json:"application_id"`
	TrackingURL    string    `json:"tracking_url"`
}

func (s *session) list(ctx context.Context, wanted []job.State, user string) ([]listed, error) {
	filter := rm.Filter{Types: []string{submit.ApplicationType}}
	if !slices.ContainsFunc(wanted, job.State.Final) {
		filter.States = rm.LiveStates()
	}
	if user != "" {
		filter.Users = []string{user}
	}
	reports, err := s.yarn.Applications(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	slices.SortFunc(reports, func(a, b rm.Report) int { return b.Started.Compare(a.Started) })
	rows := []listed{}
	for i := range reports {
		if row := listedOf(&reports[i], time.Now()); slices.Contains(wanted, row.State) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func listedOf(r *rm.Report, now time.Time) listed {
	row := listed{RunID: runOf(r), Job: r.Name, State: stateOf(r), Percent: -1, Started: r.Started.UTC(), Queue: r.Queue,
		User: r.User, ApplicationID: r.ID.String(), TrackingURL: r.TrackingURL}
	if r.State == rm.StateRunning || r.State == rm.StateFinished {
		row.Percent = 100 * float64(r.Progress)
	}
	end := now
	if r.State.Ended() && !r.Finished.IsZero() {
		end = r.Finished
	}
	if !r.Started.IsZero() {
		row.ElapsedSeconds = max(int64(end.Sub(r.Started).Seconds()), 0)
	}
	return row
}

func printList(w io.Writer, rows []listed) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tJOB\tSTATE\tPROGRESS\tSTARTED\tELAPSED\tQUEUE\tUSER\tAPPLICATION")
	for _, r := range rows {
		percent := "-"
		if r.Percent >= 0 {
			percent = fmt.Sprintf("%.0f%%", r.Percent)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.RunID, r.Job, r.State, percent,
			r.Started.Format("2006-01-02 15:04:05Z"), time.Duration(r.ElapsedSeconds)*time.Second, r.Queue, r.User, r.ApplicationID)
	}
	_ = t.Flush() // into memory
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print list: %w", err)
	}
	return nil
}
