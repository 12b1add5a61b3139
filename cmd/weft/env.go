package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

// env is what all verbs share. Streams and environment are set by main or by
// a test; the rest by prepare, before any verb runs.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string

	output  string   // -o: text or json
	verbose bool     // -v
	defines []string // -D

	site     *job.Site
	registry *plugins.Registry
	files    *files
	scrub    *fault.Scrubber
	log      *slog.Logger
}

// quiet is the error of a verb that has told everything itself.
type quiet int

// Error implements error.
func (q quiet) Error() string { return fmt.Sprintf("exit code %d", int(q)) }

// main runs the command line and returns the exit code.
func (e *env) main(ctx context.Context, args []string) int {
	e.scrub = new(fault.Scrubber)
	e.output = "text"
	root := newRootCommand(e)
	root.SetArgs(args)
	err := interrupted(ctx, root.ExecuteContext(ctx))
	code := e.tell(err)
	if e.files != nil {
		if err := e.files.close(); err != nil && code == fault.ExitOK {
			code = e.tell(err)
		}
	}
	return code
}

// tell prints an error and returns the exit code that belongs to it.
func (e *env) tell(err error) int {
	if err == nil {
		return fault.ExitOK
	}
	var told quiet
	if errors.As(err, &told) {
		return int(told)
	}
	report := fault.Of(err)
	_ = report.Text(e.scrub.Writer(e.stderr), e.verbose) // nobody is left to tell
	if e.output == "json" {
		_ = e.object(map[string]any{"error": report, "exit_code": report.Exit}) // the exit code still tells
	}
	return report.Exit
}

// object prints the one JSON object of -o json, without secrets.
func (e *env) object(value any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	if _, err := io.WriteString(e.stdout, e.scrub.Text(b.String())); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

// prepare reads the site's settings and makes log and plugins. Only the verbs
// that need no settings go without it.
func (e *env) prepare(cmd *cobra.Command, _ []string) error {
	if !cmd.HasParent() {
		return nil // weft alone only prints its help
	}
	if e.output != "text" && e.output != "json" {
		return fault.New(fault.CodeUsage, "-o "+e.output, errors.New("want text or json"))
	}
	level := slog.LevelInfo
	if e.verbose {
		level = slog.LevelDebug
	}
	e.log = slog.New(e.scrub.Handler(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level})))
	home, _ := os.UserHomeDir() // without one there is no user's file
	var found []job.Diagnostic
	e.site, found = job.LoadSite(job.SiteOptions{Environ: e.environ, Home: e.home(home), Defines: e.defines})
	if err := e.diagnose("site settings", found); err != nil {
		return err
	}
	e.files = newFiles(e.lookup)
	var err error
	e.registry, err = plugins.NewRegistry(e.builtIns()...)
	return err
}

// home prefers HOME of the given environment, which tests set.
func (e *env) home(fallback string) string {
	if home, ok := e.lookup("HOME"); ok {
		return home
	}
	return fallback
}

// lookup is os.LookupEnv on the given environment.
func (e *env) lookup(name string) (string, bool) {
	for _, pair := range e.environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// diagnose prints diagnostics on standard error and returns an error if one
// of them is a failure.
func (e *env) diagnose(what string, list []job.Diagnostic) error {
	if len(list) == 0 {
		return nil
	}
	if err := fault.Diagnostics(e.scrub.Writer(e.stderr), list); err != nil {
		return fmt.Errorf("print diagnostics: %w", err)
	}
	if !job.Failed(list) {
		return nil
	}
	if e.output == "json" {
		if err := e.object(map[string]any{"diagnostics": list, "exit_code": fault.ExitUsage, "what": what}); err != nil {
			return err
		}
	}
	return quiet(fault.ExitUsage)
}
