package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/plugins"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// errNotLaunched says that a hidden verb was typed by hand.
var errNotLaunched = errors.New("this verb is started by YARN, with an environment that weft submit prepares")

// process is what both processes that YARN starts have in common.
type process struct {
	env         *env
	cluster     *hadoop.Cluster
	id          yarnid.Container
	credentials *token.Credentials
	root        checkpoint.Root
	run         string // run id
	uri         string // of the run folder
	folder      checkpoint.Folder
	spec        *job.Spec // secrets in clear
	memoryMiB   int64
}

// newProcessCommand returns the hidden verb of a role; run is what the process
// does, and closes it.
func newProcessCommand(e *env, role hadoop.Role, short string, run func(context.Context, *process) error) *cobra.Command {
	return &cobra.Command{
		Use:               string(role),
		Short:             short + " (started by YARN)",
		Hidden:            true,
		Args:              args(cobra.NoArgs),
		PersistentPreRunE: e.prepareProcess,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := e.openProcess(cmd.Context())
			if err != nil {
				return err
			}
			return run(cmd.Context(), p)
		},
	}
}

// prepareProcess makes log and plugins without any settings of the node: a run
// has the settings it was submitted with.
func (e *env) prepareProcess(*cobra.Command, []string) error {
	e.log = slog.New(e.scrub.Handler(slog.NewTextHandler(e.stderr, nil)))
	patience, err := e.patience()
	if err != nil {
		return err
	}
	e.files = newFiles(e.lookup)
	e.files.wait(patience, e.log)
	e.registry, err = plugins.NewRegistry(builtIns(e.files)...)
	return err
}

// patience is how long this process waits for HDFS and YARN.
func (e *env) patience() (time.Duration, error) {
	text, ok := e.lookup(hadoop.EnvPatience)
	if !ok {
		return hadoop.RunPatience, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fault.New(fault.CodeUsage, "read environment", fmt.Errorf("%s: %w", hadoop.EnvPatience, err))
	}
	return d, nil
}

// openProcess reads the environment, the credentials and the run folder.
func (e *env) openProcess(ctx context.Context) (*process, error) {
	p := &process{env: e}
	if err := p.readEnvironment(); err != nil {
		return nil, err
	}
	patience, err := e.patience()
	if err != nil {
		return nil, err
	}
	if p.cluster, err = hadoop.Open(hadoop.Options{Env: e.lookup, RetryFor: patience, Log: e.log}); err != nil {
		return nil, err
	}
	if err := p.readRun(ctx); err != nil {
		return nil, errors.Join(err, p.cluster.Close())
	}
	return p, nil
}

func (p *process) readEnvironment() error {
	values := make(map[string]string)
	for _, name := range []string{"CONTAINER_ID", "HADOOP_TOKEN_FILE_LOCATION", hadoop.EnvRun, hadoop.EnvBinary, hadoop.EnvMemory} {
		value, ok := p.env.lookup(name)
		if !ok {
			return fault.New(fault.CodeUsage, "read environment", fmt.Errorf("%s is not set: %w", name, errNotLaunched))
		}
		values[name] = value
	}
	var err error
	if p.id, err = yarnid.ParseContainer(values["CONTAINER_ID"]); err != nil {
		return fmt.Errorf("read environment: %w", err)
	}
	if p.credentials, err = token.ReadFile(values["HADOOP_TOKEN_FILE_LOCATION"]); err != nil {
		return err
	}
	if p.memoryMiB, err = strconv.ParseInt(values[hadoop.EnvMemory], 10, 64); err != nil {
		return fmt.Errorf("read environment: %s: %w", hadoop.EnvMemory, err)
	}
	p.uri = values[hadoop.EnvRun]
	return nil
}

// readRun opens the run folder and the spec in it.
func (p *process) readRun(ctx context.Context) error {
	fs, name, err := p.cluster.Files.Open(ctx, p.uri)
	if err != nil {
		return err
	}
	p.run = path.Base(name)
	p.root = checkpoint.Root{FS: fs, Dir: path.Dir(path.Dir(name))}
	p.folder = p.root.Run(p.run)
	spec, err := p.env.stored(ctx, p.folder, p.run)
	if err != nil {
		return fmt.Errorf("read spec of the run: %w", err)
	}
	changes, err := p.folder.Changes(ctx)
	if err != nil {
		return err
	}
	p.spec = changes.Over(spec)
	return nil
}

// secret returns a secret key of the credentials.
func (p *process) secret(name string) ([]byte, error) {
	key, ok := p.credentials.Secret(name)
	if !ok {
		return nil, fmt.Errorf("read credentials: no key %q: %w", name, errNotLaunched)
	}
	return key, nil
}

func (p *process) close() error { return p.cluster.Close() }
