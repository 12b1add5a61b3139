package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"weft/internal/faultpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/hdfs"
	"weft/internal/fsys/local"
	"weft/yarnrpc/hadoopconf"
)

// files keeps one opener per combination of settings for the life of the
// program, so that all plugins share their connections.
type files struct {
	lookup  hadoopconf.LookupEnv
	options hdfs.Options // how HDFS is reached: identity and tokens

	mu      sync.Mutex
	openers map[string]*fsys.Opener
}

func newFiles(lookup hadoopconf.LookupEnv) *files {
	return &files{lookup: lookup, openers: make(map[string]*fsys.Opener)}
}

// wait makes file systems opened from now on wait that long for a NameNode, and
// say so.
func (f *files) wait(limit time.Duration, log *slog.Logger) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.options.RPC.RetryFor, f.options.RPC.Logger = limit, log
}

// hadoop reads Hadoop's configuration from the environment. Without any it is
// empty, since a job between databases and local files needs none.
func (f *files) hadoop() (*hadoopconf.Conf, error) {
	conf, err := hadoopconf.FromEnvironment(f.lookup)
	if errors.Is(err, hadoopconf.ErrNotConfigured) && !f.named() {
		return hadoopconf.New(f.lookup), nil
	}
	return conf, err
}

// named says that the environment names a configuration: then it must be
// there.
func (f *files) named() bool {
	for _, name := range []string{"HADOOP_CONF_DIR", "YARN_CONF_DIR"} {
		if dir, ok := f.lookup(name); ok && dir != "" {
			return true
		}
	}
	return false
}

// opener is the Connect of the file plugins: the site's configuration with
// the job's own settings over it. Where the site's cannot be read, local files
// are served still.
func (f *files) opener(defaultFS string, settings map[string]string) (*fsys.Opener, error) {
	key := defaultFS
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		key += "\x00" + name + "=" + settings[name]
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if o, ok := f.openers[key]; ok {
		return o, nil
	}
	conf, err := f.hadoop()
	if err != nil && strings.HasPrefix(defaultFS, "file:") {
		return f.keep(key, fsys.NewOpener(strings.TrimSuffix(defaultFS, "/"), map[string]fsys.Connect{"file": faultpoint.Connect(local.Connect),
			"hdfs": func(context.Context, string) (fsys.FS, error) { return nil, err }})), nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		conf.Set(name, settings[name], "the job's hadoopConfig")
	}
	if defaultFS == "" {
		defaultFS = conf.DefaultFS()
	}
	return f.keep(key, fsys.NewOpener(strings.TrimSuffix(defaultFS, "/"), map[string]fsys.Connect{
		"file": faultpoint.Connect(local.Connect),
		"hdfs": faultpoint.Connect(hdfs.Connector(conf, f.options)),
	})), nil
}

func (f *files) keep(key string, o *fsys.Opener) *fsys.Opener {
	f.openers[key] = o
	return o
}

// close ends all connections.
func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var problems []error
	for _, o := range f.openers {
		if err := o.Close(); err != nil {
			problems = append(problems, fmt.Errorf("close file systems: %w", err))
		}
	}
	clear(f.openers)
	return errors.Join(problems...)
}
