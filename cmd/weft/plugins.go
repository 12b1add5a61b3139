package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

func newPluginsCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "plugins",
		Short:   "Show which systems this weft reads and writes",
		Example: "  weft plugins list\n  weft plugins show mysql",
		GroupID: groupJob,
		Args:    args(cobra.NoArgs),
		RunE:    func(*cobra.Command, []string) error { return e.listPlugins() },
	}
	list := &cobra.Command{
		Use:     "list",
		Short:   "List the plugins",
		Example: "  weft plugins list -o json",
		Args:    args(cobra.NoArgs),
		RunE:    func(*cobra.Command, []string) error { return e.listPlugins() },
	}
	show := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a plugin's options and a sample job",
		Example: "  weft plugins show mysql",
		Args:    args(cobra.ExactArgs(1)),
		RunE:    func(_ *cobra.Command, list []string) error { return e.showPlugin(list[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return e.pluginNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.AddCommand(list, show)
	return cmd
}

// about is a plugin in -o json.
type about struct {
	Name    string       `json:"name"`
	Summary string       `json:"summary"`
	Reads   bool         `json:"reads"`
	Writes  bool         `json:"writes"`
	Reader  []job.Option `json:"reader_options,omitempty"`
	Writer  []job.Option `json:"writer_options,omitempty"`
	Sample  string       `json:"sample,omitempty"`
}

func aboutPlugin(p plugins.Plugin) about {
	return about{Name: p.Name, Summary: p.Summary, Reads: p.NewReader != nil, Writes: p.NewWriter != nil}
}

func (e *env) pluginNames() []string {
	var names []string
	for _, p := range e.builtIns() {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func (e *env) listPlugins() error {
	var list []about
	for _, p := range e.registry.List() {
		list = append(list, aboutPlugin(p))
	}
	if e.output == "json" {
		return e.object(map[string]any{"plugins": list})
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tREADS\tWRITES\tWHAT")
	for _, p := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Name, yes(p.Reads), yes(p.Writes), p.Summary)
	}
	return t.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

func (e *env) showPlugin(name string) error {
	i := slices.IndexFunc(e.registry.List(), func(p plugins.Plugin) bool { return p.Name == strings.ToLower(name) })
	if i < 0 {
		problem := fault.New(job.CodeUnknownPlugin, "plugin "+name, errors.New("no plugin has this name"))
		problem.Hint = "one of " + strings.Join(e.pluginNames(), ", ")
		return problem
	}
	p := e.registry.List()[i]
	a := aboutPlugin(p)
	a.Sample = p.Sample
	if p.NewReaderConfig != nil {
		a.Reader = job.Options(p.NewReaderConfig())
	}
	if p.NewWriterConfig != nil {
		a.Writer = job.Options(p.NewWriterConfig())
	}
	if e.output == "json" {
		return e.object(a)
	}
	return e.printPlugin(a)
}

func (e *env) printPlugin(a about) error {
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %s\n", a.Name, a.Summary)
	for _, side := range []struct {
		name    string
		options []job.Option
	}{{"reader", a.Reader}, {"writer", a.Writer}} {
		if len(side.options) == 0 {
			continue
		}
		fmt.Fprintf(t, "\nOptions of the %s:\n", side.name)
		for _, o := range side.options {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", o.Key, o.Type, o.Default, remark(o))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "\nSample:\n%s\n", strings.TrimRight(a.Sample, "\n"))
	return err
}

func remark(o job.Option) string {
	text := o.Doc
	if o.Ignored {
		text = strings.TrimRight("no effect. "+text, " ")
	}
	if len(o.Aliases) > 0 {
		text = strings.TrimLeft(text+"; also "+strings.Join(o.Aliases, ", "), "; ")
	}
	return text
}
