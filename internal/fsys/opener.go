package fsys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Connect makes the FS of one authority of a scheme; "" is the default
// authority. It is called once per authority, and the result is kept.
type Connect func(ctx context.Context, authority string) (FS, error)

// Opener finds the FS that serves a location. It is a value wired by the
// program, not a registry that packages write themselves into: a test has its
// own, a binary without HDFS simply leaves that scheme out.
//
//	opener := fsys.NewOpener("hdfs://ns1", map[string]fsys.Connect{
//		"file": local.Connect,
//		"hdfs": hdfs.Connector(conf, hdfs.Options{}),
//	})
//	defer opener.Close()
type Opener struct {
	schemes  map[string]Connect
	fallback Path
	err      error // why fallback is unusable; told to whoever needs it

	mu   sync.Mutex
	open map[string]FS // by scheme://authority
}

// NewOpener returns an Opener for the given schemes (lower case). defaultFS
// ("hdfs://ns1", "file:///"; fs.defaultFS of the configuration) serves
// locations without a scheme; when it is empty such locations are refused.
func NewOpener(defaultFS string, schemes map[string]Connect) *Opener {
	o := &Opener{schemes: maps.Clone(schemes), open: map[string]FS{}}
	if defaultFS == "" {
		o.err = errors.New("no default file system is configured (fs.defaultFS)")
		return o
	}
	o.fallback, o.err = Parse(defaultFS)
	if o.err == nil && o.fallback.Scheme == "" {
		o.err = fmt.Errorf("default file system %q has no scheme", defaultFS)
	}
	return o
}

// Resolve fills in what a location leaves to the default FS: "/x" becomes
// "hdfs://ns1/x". The result names the same place for every process with the
// same configuration, so it is what plans and journals store.
func (o *Opener) Resolve(location string) (Path, error) {
	p, err := Parse(location)
	if err != nil {
		return Path{}, err
	}
	if p.Scheme == "" {
		if o.err != nil {
			return Path{}, fmt.Errorf("resolve path %q: %w", location, o.err)
		}
		p.Scheme, p.Authority = o.fallback.Scheme, o.fallback.Authority
	}
	if p.Authority == "" && p.Scheme == o.fallback.Scheme {
		p.Authority = o.fallback.Authority
	}
	if _, ok := o.schemes[p.Scheme]; !ok {
		return Path{}, fmt.Errorf("resolve path %q: unknown scheme %q (known: %s)", location, p.Scheme,
			strings.Join(slices.Sorted(maps.Keys(o.schemes)), ", "))
	}
	return p, nil
}

// Open returns the FS of a location and the name of the location inside it.
// FS values are shared: the same authority gives the same value until Close.
func (o *Opener) Open(ctx context.Context, location string) (FS, string, error) {
	p, err := o.Resolve(location)
	if err != nil {
		return nil, "", err
	}
	key := p.Scheme + "://" + p.Authority
	o.mu.Lock()
	defer o.mu.Unlock()
	if fs, ok := o.open[key]; ok {
		return fs, p.Name, nil
	}
	if o.open == nil {
		return nil, "", fmt.Errorf("open file system %s: the opener is closed", key)
	}
	fs, err := o.schemes[p.Scheme](ctx, p.Authority)
	if err != nil {
		return nil, "", fmt.Errorf("open file system %s: %w", key, err)
	}
	o.open[key] = fs
	return fs, p.Name, nil
}

// Close closes every FS it opened that has something to close (connections).
// Files still open then fail. May be called twice.
func (o *Opener) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(o.open)) {
		c, ok := o.open[key].(interface{ Close() error })
		if !ok {
			continue
		}
		if err := c.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close file system %s: %w", key, err))
		}
	}
	o.open = nil
	return errors.Join(errs...)
}
