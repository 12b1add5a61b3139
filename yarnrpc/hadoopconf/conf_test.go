package hadoopconf

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func env(pairs ...string) LookupEnv {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func load(t *testing.T, dir string, e LookupEnv) *Conf {
	t.Helper()
	c, err := Load(filepath.Join("testdata", dir), e)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// conf is a configuration of key, value, key, value...
func conf(pairs ...string) *Conf {
	c := New(env("HOME_OF", "/opt/hadoop", "EMPTY", ""))
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1], "test.xml")
	}
	return c
}

func TestFirstFolderInTheEnvironmentWins(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, "etc/hadoop"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile(filepath.Join(home, "etc/hadoop/core-site.xml"),
		[]byte("<configuration><property><name>fs.defaultFS</name><value>hdfs://home</value></property></configuration>"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env  LookupEnv
		want string
	}{
		{env("HADOOP_CONF_DIR", "testdata/ha", "YARN_CONF_DIR", "testdata/single", "HADOOP_HOME", home), "hdfs://prod"},
		{env("HADOOP_CONF_DIR", "", "YARN_CONF_DIR", "testdata/single", "HADOOP_HOME", home), "hdfs://localhost:18020/"},
		{env("HADOOP_HOME", home), "hdfs://home"},
	} {
		c, err := FromEnvironment(tt.env)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.DefaultFS(); got != tt.want {
			t.Errorf("default FS = %q; want %q", got, tt.want)
		}
	}
}

func TestMissingConfigurationSaysWhatToSet(t *testing.T) {
	empty := t.TempDir()
	for _, tt := range []struct {
		env  LookupEnv
		want []string
	}{
		{env(), []string{"HADOOP_CONF_DIR", "YARN_CONF_DIR", "/etc/hadoop/conf"}},
		{env("HADOOP_CONF_DIR", "/no/such"), []string{"/no/such", "no such file", "named by HADOOP_CONF_DIR"}},
		{env("YARN_CONF_DIR", empty), []string{empty, "holds none of core-site.xml", "named by YARN_CONF_DIR"}},
		{env("HADOOP_HOME", empty), []string{empty + "/etc/hadoop", "named by HADOOP_HOME"}},
	} {
		_, err := FromEnvironment(tt.env)
		if !errors.Is(err, ErrNotConfigured) {
			t.Errorf("error %v; want ErrNotConfigured", err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q; want %q in it", err, want)
			}
		}
	}
}

func TestFilesAreReadInOrder(t *testing.T) {
	c := load(t, "ha", env("WEFT_WHO", "alice"))
	want := []string{"testdata/ha/core-site.xml", "testdata/ha/hdfs-site.xml", "testdata/ha/yarn-site.xml"}
	if diff := cmp.Diff(want, c.Files()); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{
		"fs.defaultFS":    "hdfs://prod", // final; hdfs-site.xml has another under the deprecated name
		"fs.default.name": "hdfs://prod",
		"hadoop.tmp.dir":  "/data/tmp/hadoop-alice",
		"fallback.used":   "yes",
		"no.such.key":     "none",
	} {
		if got := c.String(key, "none"); got != want {
			t.Errorf("%s = %q; want %q", key, got, want)
		}
	}
	if got, want := c.Origin("fs.default.name"), "testdata/ha/core-site.xml"; got != want {
		t.Errorf("origin = %q; want %q", got, want)
	}
}

func TestIncludesAreReadInPlace(t *testing.T) {
	c := load(t, "include", nil)
	for key, want := range map[string]string{"a": "included", "b": "after", "c": "none"} {
		if got := c.String(key, "none"); got != want {
			t.Errorf("%s = %q; want %q", key, got, want)
		}
	}
	if got, want := c.Origin("a"), "testdata/include/more.xml"; got != want {
		t.Errorf("origin of an included key = %q; want %q", got, want)
	}
}

func TestBadIncludes(t *testing.T) {
	for file, want := range map[string]string{
		"loop.xml":     "include itself",
		"dangling.xml": "nothing.xml: no such file",
	} {
		err := New(nil).AddFile("testdata/include/" + file)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want %q in it", file, err, want)
		}
	}
	// A site file whose include is missing is broken; it is not a missing file.
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "core-site.xml"), []byte(`<configuration><include href="no.xml"/></configuration>`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, nil); err == nil || errors.Is(err, ErrNotConfigured) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v; want the error of the include", err)
	}
}

func TestBadDocumentsNameThePlace(t *testing.T) {
	for doc, want := range map[string]string{
		"":                                     "no <configuration>",
		"<config/>":                            "x.xml:1:10: top element is <config>",
		"<configuration>\n <property>":         "x.xml:2:",
		"<configuration/><more/>":              "after the end",
		"<configuration>&bad;</configuration>": "entity",
		`<configuration><include/></configuration>`:                     "without href",
		`<configuration><include href="http://h/x"/></configuration>`:   "only files",
		`<?xml version="1.0" encoding="EBCDIC"?><configuration/>`:       "EBCDIC",
		strings.Repeat("<configuration>", 20):                           "nested",
		"<configuration>" + strings.Repeat(" ", maxDocumentBytes) + "x": "longer than",
	} {
		c := New(nil)
		err := c.Add(strings.NewReader(doc), "x.xml")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v; want %q in it", doc, err, want)
		}
		if len(c.Keys()) != 0 {
			t.Errorf("%.60q: a refused document set %v", doc, c.Keys())
		}
	}
}

func TestDocumentForms(t *testing.T) {
	c := New(nil)
	for _, doc := range []string{
		`<configuration><property name="attr" value=" v " final="true"/></configuration>`,
		`<configuration><property><name>attr</name><value>later</value></property></configuration>`,
		"\ufeff<configuration><configuration><property><name> nested\n</name><value><![CDATA[a<b&c]]></value></property></configuration></configuration>",
		`<configuration><property><name>novalue</name></property><other><name>x</name></other></configuration>`,
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><configuration><property><name>latin</name><value>caf\xe9</value></property></configuration>",
		`<configuration><property><name>empty</name><value></value></property></configuration>`,
	} {
		if err := c.Add(strings.NewReader(doc), "x.xml"); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
	}
	for key, want := range map[string]string{
		"attr": "v", "nested": "a<b&c", "novalue": "none", "x": "none", "latin": "café", "empty": "none",
	} {
		if got := c.String(key, "none"); got != want {
			t.Errorf("%s = %q; want %q", key, got, want)
		}
	}
}

func TestExpansion(t *testing.T) {
	c := conf("dir", "/data", "who", "x", "dir.x", "/data/x", "sub", "${dir}/sub",
		"loop", "a${pool}", "pool", "${loop}", "self", "${self}",
		"grow0", "0123456789", "grow1", strings.Repeat("${grow0}", 10), "grow2", strings.Repeat("${grow1}", 10),
		"grow3", strings.Repeat("${grow2}", 10))
	for in, want := range map[string]string{
		"plain":                    "plain",
		"${dir}":                   "/data",
		"${sub}/${sub}":            "/data/sub//data/sub",
		"${dir.${who}}":            "/data/x",
		"${env.HOME_OF}/etc":       "/opt/hadoop/etc",
		"${env.NOT_SET}":           "${env.NOT_SET}",
		"${env.NOT_SET-d}":         "d",
		"${env.NOT_SET:-d}":        "d",
		"${env.EMPTY-d}x":          "x",
		"${env.EMPTY:-d}":          "d",
		"${env.NOT_SET:-${dir}}":   "/data",
		"${env.HOME_OF:-d-e}":      "/opt/hadoop",
		"${nobody}/${dir}":         "${nobody}/${dir}", // as Java: nothing after it is looked at
		"${dir}/${nobody}":         "/data/${nobody}",
		"${loop}":                  "${loop}",
		"x${self}":                 "x${self}",
		"$dir {dir} ${} ${a b} $$": "$dir {dir} ${} ${a b} $$",
		"${grow1}":                 strings.Repeat("0123456789", 10),
		"${grow3}":                 "${grow3}",
	} {
		c.Set("it", in, "test.xml")
		if got := c.String("it", ""); got != want {
			t.Errorf("%q expands to %.80q; want %q", in, got, want)
		}
	}
}

func TestTypedValues(t *testing.T) {
	c := conf("n", " 42 ", "hex", "0x1F", "neg", "-7", "big", "5000000000", "yes", "True", "no", "false",
		"size", "128m", "plain", "100", "t", "30", "s", "10s", "d", "2d", "us", "15US", "list", " a, ,b,c ")
	n, err1 := c.Int("n", 0)
	hex, err2 := c.Int64("hex", 0)
	neg, err3 := c.Int("neg", 0)
	big, err4 := c.Int64("big", 0)
	yes, err5 := c.Bool("yes", false)
	no, err6 := c.Bool("no", true)
	size, err7 := c.Bytes("size", 0)
	plain, err8 := c.Bytes("plain", 0)
	got := []any{n, hex, neg, big, yes, no, size, plain, c.Strings("list"), c.Strings("none")}
	want := []any{42, int64(31), -7, int64(5000000000), true, false, int64(128 << 20), int64(100), []string{"a", "b", "c"}, []string(nil)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]time.Duration{
		"t": 30 * time.Second, "s": 10 * time.Second, "d": 48 * time.Hour, "us": 15 * time.Microsecond, "absent": time.Hour,
	} {
		if got, err := c.Duration(key, time.Hour, time.Second); err != nil || got != want {
			t.Errorf("Duration(%s) = %v, %v; want %v", key, got, err, want)
		}
	}
}

func TestBadValuesNameKeyValueAndFile(t *testing.T) {
	c := conf("k", "three", "wide", "5000000000", "huge", "99999999999e", "long", "999999999999d", "maybe", "1")
	for name, err := range map[string]error{
		"int":      second(c.Int("k", 0)),
		"wide":     second(c.Int("wide", 0)),
		"bool":     second(c.Bool("maybe", false)),
		"size":     second(c.Bytes("k", 0)),
		"huge":     second(c.Bytes("huge", 0)),
		"duration": second(c.Duration("k", 0, time.Second)),
		"long":     second(c.Duration("long", 0, time.Second)),
	} {
		if err == nil || !strings.Contains(err.Error(), "test.xml: ") || !strings.Contains(err.Error(), `"`) {
			t.Errorf("%s: error %v; want file, key and value in it", name, err)
		}
	}
	_, err := load(t, "ha", nil).Int("dfs.replication", 3)
	if want := `testdata/ha/hdfs-site.xml: dfs.replication: "three" is not a whole number`; err == nil || err.Error() != want {
		t.Errorf("error %v; want %s", err, want)
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"ha/core-site.xml", "ha/hdfs-site.xml", "include/core-site.xml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add(`<configuration><property name="a" value="${b}"/><property name="b" value="${a}${env.X:-y}"/></configuration>`)
	f.Add("<?xml version=\"1.0\" encoding=\"latin1\"?><configuration>\xff\xfe</configuration>")
	dir := f.TempDir() // holds nothing that could be included
	f.Fuzz(func(t *testing.T, doc string) {
		if strings.Contains(doc, "/") && strings.Contains(doc, "href") {
			return // may name a file of this machine
		}
		c := New(env())
		if err := c.Add(strings.NewReader(doc), dir+"/x.xml"); err != nil {
			return
		}
		for _, key := range c.Keys() {
			if key != strings.TrimSpace(key) || key == "" {
				t.Errorf("key %q", key)
			}
			if v := c.String(key, "none"); v == "" {
				t.Errorf("%s is empty", key)
			}
		}
	})
}
