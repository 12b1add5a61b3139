package hadoopconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNotConfigured is in the chain of errors about a configuration that cannot
// be found at all: no variable set, no folder, no file in it.
var ErrNotConfigured = errors.New("hadoop configuration not found")

// LookupEnv is the signature of os.LookupEnv. The environment comes in from
// outside, so that tests have their own.
type LookupEnv func(name string) (value string, ok bool)

// siteFiles are read in this order; each may be missing, not all of them.
var siteFiles = []string{"core-site.xml", "hdfs-site.xml", "yarn-site.xml"}

// Conf is a loaded configuration. Make one by New, Load or FromEnvironment.
type Conf struct {
	props map[string]property
	files []string // read, in order, included ones not listed
	env   LookupEnv
}

// property is one value as it was written.
type property struct {
	value  string
	origin string // file, or what the caller named
	final  bool
}

// New returns an empty configuration. env serves ${env.NAME}; nil means an
// empty environment.
func New(env LookupEnv) *Conf {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	return &Conf{props: map[string]property{}, env: env}
}

// Load reads the site files of one folder.
func Load(dir string, env LookupEnv) (*Conf, error) {
	c := New(env)
	for _, name := range siteFiles {
		err := c.AddFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errInclude) {
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	if len(c.files) > 0 {
		return c, nil
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("load hadoop configuration: %w: %w", ErrNotConfigured, err)
	}
	return nil, fmt.Errorf("load hadoop configuration: %w: folder %s holds none of %s",
		ErrNotConfigured, dir, strings.Join(siteFiles, ", "))
}

// FromEnvironment loads the folder that the environment names: HADOOP_CONF_DIR,
// else YARN_CONF_DIR, else HADOOP_HOME/etc/hadoop, else /etc/hadoop/conf. A
// variable that is set wins even if its folder is bad: guessing on would send a
// job to another cluster.
func FromEnvironment(env LookupEnv) (*Conf, error) {
	dir, from := findDir(env)
	c, err := Load(dir, env)
	if err == nil {
		return c, nil
	}
	if from == "" {
		return nil, fmt.Errorf("load hadoop configuration: %w: HADOOP_CONF_DIR, YARN_CONF_DIR and HADOOP_HOME are not set, "+
			"and %s has no site files; set HADOOP_CONF_DIR to the folder of core-site.xml", ErrNotConfigured, dir)
	}
	return nil, fmt.Errorf("%w (folder named by %s)", err, from)
}

func findDir(env LookupEnv) (dir, from string) {
	for _, name := range []string{"HADOOP_CONF_DIR", "YARN_CONF_DIR"} {
		if dir, ok := env(name); ok && dir != "" {
			return dir, name
		}
	}
	if home, ok := env("HADOOP_HOME"); ok && home != "" {
		return filepath.Join(home, "etc", "hadoop"), "HADOOP_HOME"
	}
	return "/etc/hadoop/conf", ""
}

// AddFile reads one more file; its values win over earlier ones that are not
// final. fs.ErrNotExist when it is missing. Not to be called once other
// goroutines use c.
func (c *Conf) AddFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("load hadoop configuration: %w", err)
	}
	defer f.Close()
	if err := c.Add(f, name); err != nil {
		return err
	}
	c.files = append(c.files, name)
	return nil
}

// Add reads one document; origin names it in messages, and relative includes
// are looked up beside it. On an error c is unchanged.
func (c *Conf) Add(r io.Reader, origin string) error {
	props, err := decode(r, origin, 0)
	if err != nil {
		return fmt.Errorf("load hadoop configuration: %w", err)
	}
	for _, p := range props {
		c.set(p.name, p.property)
	}
	return nil
}

// Set gives a key a value, as a command line does; it overrides final ones.
// Not to be called once other goroutines use c.
func (c *Conf) Set(key, value, origin string) {
	key = current(key)
	c.props[key] = property{value: value, origin: origin, final: c.props[key].final}
}

func (c *Conf) set(key string, p property) {
	key = current(key)
	if c.props[key].final {
		return
	}
	c.props[key] = p
}

// Files are the files that were read, in order.
func (c *Conf) Files() []string { return slices.Clone(c.files) }

// Keys are all keys that have a value, sorted, under their current names.
func (c *Conf) Keys() []string { return slices.Sorted(maps.Keys(c.props)) }

// Origin names the file that a key's value comes from; "" when it has none.
func (c *Conf) Origin(key string) string { return c.props[current(key)].origin }

// current gives the present name of a deprecated key
// (org.apache.hadoop.conf.Configuration.DeprecationDelta,
// HdfsConfiguration.addDeprecatedKeys).
func current(key string) string {
	key = strings.TrimSpace(key)
	switch key {
	case "fs.default.name":
		return "fs.defaultFS"
	case "dfs.federation.nameservices":
		return "dfs.nameservices"
	case "dfs.block.size":
		return "dfs.blocksize"
	case "dfs.umask", "dfs.umaskmode":
		return "fs.permissions.umask-mode"
	}
	return key
}
