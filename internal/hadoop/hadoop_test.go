package hadoop

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/yarnrpc/hadoopconf"
)

// environment is an environment of a map.
func environment(vars map[string]string) hadoopconf.LookupEnv {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

// site writes a folder of site files with the properties given, as name=value.
func site(t *testing.T, file string, properties ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := "<configuration>"
	for _, p := range properties {
		name, value, _ := strings.Cut(p, "=")
		text += "<property><name>" + name + "</name><value>" + value + "</value></property>"
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text+"</configuration>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string, env map[string]string) *Cluster {
	t.Helper()
	c, err := Open(Options{Dir: dir, Env: environment(env)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestOpenWithoutConfiguration(t *testing.T) {
	_, err := Open(Options{Env: environment(map[string]string{"HADOOP_CONF_DIR": t.TempDir()})})
	if !errors.Is(err, hadoopconf.ErrNotConfigured) || !strings.Contains(err.Error(), "HADOOP_CONF_DIR") {
		t.Errorf("error %v, want one that names HADOOP_CONF_DIR", err)
	}
}

// The folder that is given wins over the environment's.
func TestWhereTheSiteFilesAre(t *testing.T) {
	mine := site(t, "core-site.xml", "fs.defaultFS=hdfs://mine:1")
	theirs := site(t, "core-site.xml", "fs.defaultFS=hdfs://theirs:1")
	env := map[string]string{"HADOOP_CONF_DIR": theirs, "HADOOP_USER_NAME": "ann"}
	for dir, want := range map[string]string{mine: "hdfs://mine:1", "": "hdfs://theirs:1"} {
		if c := open(t, dir, env); c.Conf.DefaultFS() != want || c.User != "ann" {
			t.Errorf("folder %q: default file system %s as %s, want %s as ann", dir, c.Conf.DefaultFS(), c.User, want)
		}
	}
}

func TestSecuredClusterIsRefused(t *testing.T) {
	dir := site(t, "core-site.xml", "hadoop.security.authentication=Kerberos")
	_, err := Open(Options{Dir: dir, Env: environment(nil)})
	if !errors.Is(err, ErrSecured) || !strings.Contains(err.Error(), "core-site.xml") {
		t.Errorf("error %v, want one that names the file", err)
	}
}

func TestStaging(t *testing.T) {
	c := open(t, site(t, "core-site.xml", "fs.defaultFS=hdfs://ns1"), map[string]string{"HADOOP_USER_NAME": "ann"})
	for location, want := range map[string]string{
		".weft":               "hdfs://ns1/user/ann/.weft",
		"/apps/weft":          "hdfs://ns1/apps/weft",
		"hdfs://nn2:9000/w":   "hdfs://nn2:9000/w",
		"file:///var/weft":    "file:///var/weft",
		"../bob/.weft":        "hdfs://ns1/user/bob/.weft",
		"hdfs:///apps/weft/.": "hdfs://ns1/apps/weft",
	} {
		if got, err := c.Staging("ann", location); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", location, got, err, want)
		}
	}
	if got, err := c.Staging("bob", ".weft"); err != nil || got != "hdfs://ns1/user/bob/.weft" {
		t.Errorf("of bob: %s, %v", got, err)
	}
	if got, err := c.Staging("ann", "ftp://x:bad:port/"); err == nil {
		t.Errorf("a bad location became %s", got)
	}
}

func TestResourceManagerNeedsAnAddress(t *testing.T) {
	dir := site(t, "yarn-site.xml", "yarn.resourcemanager.ha.enabled=true", "yarn.resourcemanager.ha.rm-ids=rm1,rm2",
		"yarn.resourcemanager.address.rm1=127.0.0.1:1")
	c := open(t, dir, map[string]string{"HADOOP_USER_NAME": "ann"})
	_, err := c.RM()
	if err == nil || !strings.Contains(err.Error(), "rm2") {
		t.Errorf("error %v, want one that names the ResourceManager without an address", err)
	}
}
