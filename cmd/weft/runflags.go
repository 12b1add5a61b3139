package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weft/internal/fault"
)

// followFlags are those of every verb that follows a run to its end.
type followFlags struct {
	progress    string
	failOnEmpty bool
}

func (f *followFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.progress, "progress", "auto", "progress on standard error: auto, json or none")
	flags.BoolVar(&f.failOnEmpty, "fail-on-empty", false, "exit with code 9 when no row was written")
}

func (f *followFlags) check() error { return knownProgress(f.progress) }

func knownProgress(how string) error {
	switch how {
	case "auto", "json", "none":
		return nil
	}
	return fault.New(fault.CodeUsage, "--progress "+how, errors.New("want auto, json or none"))
}

// runIDFlags are those of the verbs that make a run of a job file, or find one
// that they made.
type runIDFlags struct {
	runID    string
	noAttach bool
}

func (f *runIDFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.runID, "run-id", "", "id of the run, to attach, resume or ask again by (a new one each time)")
	flags.BoolVar(&f.noAttach, "no-attach", false, "refuse a --run-id that exists already")
}

// check refuses a --run-id that is given and empty, as by a variable that the
// caller forgot to set: each call would be a new run.
func (f *runIDFlags) check(cmd *cobra.Command) error {
	if f.runID == "" && cmd.Flags().Changed("run-id") {
		return usage(cmd, errors.New("--run-id is empty"))
	}
	return nil
}

// submittingFlags are those of the verbs that give an application to YARN.
type submittingFlags struct {
	followFlags
	detach  bool
	noCheck bool
}

func (f *submittingFlags) add(flags *pflag.FlagSet) {
	f.followFlags.add(flags)
	flags.BoolVar(&f.detach, "detach", false, "return when YARN has accepted the application")
	flags.BoolVar(&f.noCheck, "no-check", false, "do not ask both ends and the cluster first")
}
