package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"weft/internal/fault"
)

// newRootCommand lists every verb: one line each, in the order of the help.
func newRootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "weft",
		Short: "Moves tables and files between databases and Hadoop, on YARN",
		Long: `weft moves tables and files between databases and Hadoop. A job is one JSON
file; FlinkX and DataX jobs run unchanged.`,
		Example: `  weft run conf/jobs/quickstart.json
  weft check job.json --connect
  weft submit job.json -p bizdate=20260301`,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		PersistentPreRunE:          e.prepare,
		Args:                       knownVerb,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	flags := root.PersistentFlags()
	flags.StringVarP(&e.output, "output", "o", "text", "form of the result on standard output: text or json")
	flags.BoolVarP(&e.verbose, "verbose", "v", false, "log more, and show every layer of an error")
	flags.StringArrayVarP(&e.defines, "define", "D", nil, "set a site setting for this call: section.key=value")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	root.SetUsageTemplate(root.UsageTemplate() + exitTable())
	root.AddGroup(&cobra.Group{ID: groupJob, Title: "Jobs:"}, &cobra.Group{ID: groupRun, Title: "Runs on the cluster:"})
	root.AddCommand(
		newCheckCommand(e),
		newPlanCommand(e),
		newRunCommand(e),
		newSubmitCommand(e),
		newResumeCommand(e),
		newVerifyCommand(e),
		newDirtyCommand(e),
		newStatusCommand(e),
		newListCommand(e),
		newLogsCommand(e),
		newKillCommand(e),
		newCleanCommand(e),
		newMasterCommand(e),
		newContainerCommand(e),
		newPluginsCommand(e),
		newVersionCommand(e),
	)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			withoutSettings(cmd)
		}
	}
	return root
}

// The groups of the help.
const (
	groupJob = "job"
	groupRun = "run"
)

// withoutSettings keeps a verb and those below it from reading the site's
// settings, so that they work where those are broken.
func withoutSettings(cmd *cobra.Command) {
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return nil }
}

// knownVerb refuses arguments of weft itself: they are verbs nobody knows.
func knownVerb(cmd *cobra.Command, list []string) error {
	if len(list) == 0 {
		return nil
	}
	problem := fault.New(fault.CodeUsage, "weft", fmt.Errorf("unknown verb %q", list[0]))
	problem.Hint = "weft --help"
	if like := cmd.SuggestionsFor(list[0]); len(like) > 0 {
		problem.Hint = fmt.Sprintf("did you mean %q?", like[0])
	}
	return problem
}

// usage is a mistake on the command line.
func usage(cmd *cobra.Command, err error) error {
	problem := fault.New(fault.CodeUsage, cmd.CommandPath(), err)
	problem.Hint = cmd.CommandPath() + " --help"
	return problem
}

// args wraps a check of the number of arguments so that its error has a code.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
}

// oneJob wants the path of exactly one job file.
func oneJob(cmd *cobra.Command, list []string) error {
	if len(list) != 1 {
		return usage(cmd, errors.New("want one job file"))
	}
	return nil
}

// exitTable is the table of exit codes that ends every help.
func exitTable() string {
	var b strings.Builder
	b.WriteString("\nExit codes:\n")
	for _, e := range fault.Exits() {
		fmt.Fprintf(&b, "  %3d  %s\n", e.Code, e.Meaning)
	}
	return b.String()
}
