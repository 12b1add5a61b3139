package dirtytable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path"
	"time"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/internal/metastore"
	"weft/plugins"
)

// Open returns the FS that serves a location and the location's name there.
// settings are Hadoop's, laid over the site's; nil for none.
type Open func(ctx context.Context, location string, settings map[string]string) (fsys.FS, string, error)

// Options say what to lay out and where. All fields are needed but those that
// say otherwise.
type Options struct {
	// Run, Application and Job are names; Application is empty outside YARN.
	Run, Application, Job string
	// Generation is that of this master.
	Generation int64
	// Began is when the run began, in the job's time zone: its first
	// generation.
	Began time.Time
	// To says where; see job.Dirty.
	To job.Dirty
	// From and FromDir are where the units' dirty files lie.
	From    fsys.Reader
	FromDir string
	// Units are the accepted ones.
	Units []plugins.Manifest
	// Sources name the splits, Keys the columns of their keys, both by the
	// split's id.
	Sources []string
	Keys    [][]string
	// Open finds file systems, User is who acts on the metastore.
	Open Open
	User string
	// Scrub masks secrets.
	Scrub func(string) string
	// Current returns an error while this master may not be the current one.
	Current func() error
	// Log takes what is retried.
	Log *slog.Logger
}

// Pauses between tries, doubled from the first to the longest.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 10 * time.Second
)

// Run lays the rows out and returns where they are; nil if there is nothing to
// show. It may be repeated by anybody at any time. What may pass is tried again
// for the length of To.Deadline; the error then says that nothing is lost.
func Run(ctx context.Context, o Options) (*job.DirtyPlace, error) {
	if !o.To.Wanted() {
		return nil, nil
	}
	var units []plugins.Manifest
	for _, u := range o.Units {
		if u.DirtyFile != "" {
			units = append(units, u)
		}
	}
	if len(units) == 0 && o.Generation == 1 {
		return nil, nil
	}
	deadline := time.Duration(o.To.Deadline)
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, fmt.Errorf("no success within dirty.deadline, %s", deadline))
	defer cancel()
	place := &job.DirtyPlace{}
	steps := []func(context.Context, []plugins.Manifest, *job.DirtyPlace) error{o.toTable, o.toFiles}
	for _, step := range steps {
		if err := o.insist(ctx, func(ctx context.Context) error { return step(ctx, units, place) }); err != nil {
			return nil, err
		}
	}
	if len(units) == 0 {
		return nil, nil
	}
	return place, nil
}

// insist repeats what fails for a reason that may pass.
func (o *Options) insist(ctx context.Context, do func(context.Context) error) error {
	pause := firstPause
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		class := plugins.ClassOf(err)
		passing := class == plugins.Transient || class == plugins.Lost ||
			errors.Is(err, fsys.ErrUnavailable) || errors.Is(err, fsys.ErrOutcomeUnknown)
		if !passing {
			return err
		}
		o.Log.Warn("dirty rows not laid out, trying again", "err", err)
		timer := time.NewTimer(pause + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		pause = min(2*pause, longestPause)
	}
}

// format is how this run renders its rows.
func (o *Options) format() *rowFormat {
	return &rowFormat{run: o.Run, application: o.Application, zone: o.Began.Location(), sources: o.Sources, keys: o.Keys, scrub: o.Scrub}
}

// toTable fills the partition and makes it known.
func (o *Options) toTable(ctx context.Context, units []plugins.Manifest, place *job.DirtyPlace) error {
	if o.To.Location == "" {
		return nil
	}
	database, name, err := SplitName(o.To.Table)
	if err != nil {
		return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig, Err: err}
	}
	fs, root, err := o.Open(ctx, o.To.Location, nil)
	if err != nil {
		return err
	}
	day := o.Began.Format(time.DateOnly)
	part := metastore.Directory(PartitionKeys(), []string{day, o.Job})
	f := folder{fs: fs, dir: path.Join(root, part), hidden: path.Join(root, ".weft-"+o.Run), append: o.format().append}
	if len(units) == 0 {
		return o.sweep(ctx, f, nil)
	}
	if err := o.fill(ctx, f, units); err != nil {
		return err
	}
	// The metastore gets full URIs: its default file system may be another.
	place.Table, place.Folder = database+"."+name, joinURI(o.To.Location, part)
	place.Query = query(place.Table, day, o.Job, o.Run)
	if o.To.Metastore == "" {
		place.Statements = statements(place.Table, o.To.Location, day, o.Job, place.Folder)
		return nil
	}
	return o.register(ctx, database, name, place.Folder, day)
}

// joinURI appends a relative name to a location.
func joinURI(location, name string) string {
	for len(location) > 1 && location[len(location)-1] == '/' {
		location = location[:len(location)-1]
	}
	return location + "/" + name
}

// register makes table and partition in the metastore.
func (o *Options) register(ctx context.Context, database, name, folder, day string) (err error) {
	client, err := metastore.New(metastore.Options{URIs: []string{o.To.Metastore}, User: o.User})
	if err != nil {
		return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig, Err: err}
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	made, err := client.EnsureTable(ctx, table(database, name, o.User, o.To.Location))
	if err != nil {
		return err
	}
	if err := fits(made); err != nil {
		return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonSchema, Hint: "name another table in dirty.table", Err: err}
	}
	return client.AddPartitions(ctx, made, metastore.PartitionAt(folder, day, o.Job))
}

// toFiles writes FlinkX's files.
func (o *Options) toFiles(ctx context.Context, units []plugins.Manifest, place *job.DirtyPlace) error {
	if o.To.Path == "" {
		return nil
	}
	fs, dir, err := o.Open(ctx, o.To.Path, o.To.HadoopConfig)
	if err != nil {
		return err
	}
	f := folder{fs: fs, dir: dir, hidden: path.Join(dir, ".weft-"+o.Run), append: o.format().appendOld}
	if len(units) == 0 {
		return o.sweep(ctx, f, nil)
	}
	place.Files = o.To.Path
	return o.fill(ctx, f, units)
}
