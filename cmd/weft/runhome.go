package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/internal/job"
)

// homeFlags say where the folder of a run lies.
type homeFlags struct {
	staging, stateDir string
}

func (f *homeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.staging, "staging", "", "staging folder of the run (yarn.staging of the site)")
	cmd.Flags().StringVar(&f.stateDir, "state-dir", "", "folder of the state of runs of weft run (~/.weft)")
}

// atHome finds the folder of a run, on this machine or on the cluster, and
// calls do with it and the run's id.
func (e *env) atHome(ctx context.Context, word string, f *homeFlags, do func(context.Context, checkpoint.Folder, string) error) error {
	root, err := e.stateRoot(f.stateDir)
	if err != nil {
		return err
	}
	here, err := hasRun(ctx, root, word)
	switch {
	case err != nil:
		return err
	case here && f.staging == "":
		return do(ctx, root.Run(job.ID(word)), job.ID(word))
	case f.stateDir != "":
		return unknownRun(word, fmt.Errorf("there is no run folder %s", root.Run(word).Dir), "")
	}
	return e.withCluster(ctx, func(ctx context.Context, s *session) error {
		run, err := s.byApplication(ctx, word)
		if err != nil {
			return err
		}
		if run == "" {
			run = word
		}
		staging := f.staging
		if staging == "" {
			staging = e.site.YARN.Staging
		}
		_, root, err := staged(ctx, s.cluster, s.cluster.User, staging)
		if err != nil {
			return err
		}
		return do(ctx, root.Run(job.ID(run)), job.ID(run))
	})
}
