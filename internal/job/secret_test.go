package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"weft/plugins"
)

const secretJob = `{"weft": 1, "job": {"content": [{
  "reader": {"name": "mysql", "parameter": {"password": "${env:HAVE_PW}", "username": "${env:HAVE_USER}",
    "connection": [{"jdbcUrl": ["jdbc:mysql://h/d?user=u&password=in/url~1&x=1"], "table": ["t"]}]}},
  "writer": {"name": "hdfs", "parameter": {"path": "/x", "hadoopConfig": {"a.password": "file:/secret/pw", "ssl/token~x": "plain-token", "b": "c"}}}}]}}`

func testWorld() World {
	disk := fstest.MapFS{"secret/pw": {Data: []byte("from-file\n"), Mode: 0o644}, "secret/empty": {Mode: 0o600}}
	name := func(path string) string { return strings.TrimPrefix(path, "/") }
	return World{
		Getenv: func(name string) (string, bool) {
			return "from-" + name, strings.HasPrefix(name, "HAVE_")
		},
		ReadFile: func(path string) ([]byte, error) { return disk.ReadFile(name(path)) },
		Stat:     func(path string) (fs.FileInfo, error) { return disk.Stat(name(path)) },
	}
}

func loadSecretJob(t *testing.T) *Spec {
	t.Helper()
	spec, list := Parse("s.json", []byte(secretJob), testOptions(t))
	if spec == nil {
		t.Fatal(show(list))
	}
	return spec
}

func TestSecretsAreFound(t *testing.T) {
	spec := loadSecretJob(t)
	want := []string{"/reader/password", "/reader/connection/0/jdbcUrl/0", "/writer/hadoopConfig/a.password", "/writer/hadoopConfig/ssl~1token~0x"}
	if !slices.Equal(spec.Secrets, want) {
		t.Errorf("secrets %v, want %v", spec.Secrets, want)
	}
	if !strings.Contains(string(spec.Reader.Config), `"username":"from-HAVE_USER"`) {
		t.Errorf("the environment was not read: %s", spec.Reader.Config)
	}
	if !strings.Contains(string(spec.Reader.Config), "${env:HAVE_PW}") {
		t.Errorf("a reference was resolved too early: %s", spec.Reader.Config)
	}
}

func TestResolveSealUnseal(t *testing.T) {
	spec := loadSecretJob(t)
	open, values, found := spec.Resolve(testWorld())
	if Failed(found) {
		t.Fatal(show(found))
	}
	if len(found) != 1 || found[0].Severity != plugins.Warn {
		t.Errorf("want one warning of a file that others may read: %s", show(found))
	}
	for _, want := range []string{"from-HAVE_PW", "in/url~1", "from-file", "plain-token"} {
		if !slices.Contains(values, want) {
			t.Errorf("the scrubber would not know %q: %q", want, values)
		}
	}
	key := NewKey()
	sealed, err := Seal(open, key)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		if bytes.Contains(stored, []byte(value)) {
			t.Errorf("spec.json holds %q in clear: %s", value, stored)
		}
	}
	again, known, err := Unseal(sealed, key)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Reader.Config) != string(open.Reader.Config) || string(again.Writer.Config) != string(open.Writer.Config) {
		t.Errorf("unsealed %s %s, want %s %s", again.Reader.Config, again.Writer.Config, open.Reader.Config, open.Writer.Config)
	}
	if !slices.Equal(known, values) {
		t.Errorf("values %q, want %q", known, values)
	}
	if _, _, err := Unseal(sealed, NewKey()); err == nil {
		t.Error("opened with another key")
	}
	if _, _, err := Unseal(open, key); err == nil {
		t.Error("what is not sealed was opened")
	}
	if _, err := Seal(spec, key); err == nil {
		t.Error("a reference was sealed")
	}
	if _, err := Seal(open, key[:10]); err == nil {
		t.Error("a short key was taken")
	}
}

// Sealed values cannot change places.
func TestSealedValuesAreBoundToTheirPlace(t *testing.T) {
	open, _, _ := loadSecretJob(t).Resolve(testWorld())
	key := NewKey()
	sealed, err := Seal(open, key)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(sealed.Writer.Config, &config); err != nil {
		t.Fatal(err)
	}
	hadoop := config["hadoopConfig"].(map[string]any)
	hadoop["a.password"], hadoop["ssl/token~x"] = hadoop["ssl/token~x"], hadoop["a.password"]
	if sealed.Writer.Config, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Unseal(sealed, key); err == nil {
		t.Error("exchanged values were opened")
	}
}

func TestMasked(t *testing.T) {
	open, values, _ := loadSecretJob(t).Resolve(testWorld())
	shown, err := json.Marshal(open.Masked())
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		if bytes.Contains(shown, []byte(value)) {
			t.Errorf("%q is shown: %s", value, shown)
		}
	}
	if !bytes.Contains(shown, []byte("password=******\\u0026x=1")) {
		t.Errorf("the URL lost more than its password: %s", shown)
	}
	if got := string(loadSecretJob(t).Masked().Reader.Config); !strings.Contains(got, "${env:HAVE_PW}") {
		t.Errorf("a reference is masked: %s", got)
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	for text, want := range map[string]string{
		"${env:GONE}":        "environment variable GONE is not set",
		"file:/secret/gone":  "read /secret/gone: file does not exist",
		"${file:/secret/no}": "read /secret/no: file does not exist",
		"file:/secret/empty": "the file is empty",
	} {
		spec := &Spec{Reader: Side{Config: json.RawMessage(fmt.Sprintf(`{"password":%q}`, text))}, Secrets: []string{"/reader/password"}}
		_, _, found := spec.Resolve(testWorld())
		if len(found) != 1 || found[0].Severity != plugins.Fail || !strings.Contains(found[0].Text, want) {
			t.Errorf("%s: %s, want %q", text, show(found), want)
		}
	}
}

func TestMaskLine(t *testing.T) {
	for in, want := range map[string]string{
		`"password": "a\"b", "x": 1`:           `"password": "******", "x": 1`,
		`"dbPasswd":"x"`:                       `"dbPasswd":"******"`,
		`password=abc&x=1`:                     `password=******&x=1`,
		`"password": "${env:X}"`:               `"password": "${env:X}"`,
		`"url": "ftp://u:geheim@h/"`:           `"url": "ftp://u:******@h/"`,
		`'accessKey': 'AKIA'`:                  `'accessKey': '******'`,
		`password: bare, x`:                    `password: ******, x`,
		`"password": "not closed`:              `"password": "******"`,
		`"table": "t", "where": "a = 'b:c@d'"`: `"table": "t", "where": "a = 'b:c@d'"`,
	} {
		if got := maskLine(in); got != want {
			t.Errorf("maskLine(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestStrictRefusesPlainSecrets(t *testing.T) {
	o := testOptions(t)
	o.Strict = true
	spec, list := Parse("s.json", []byte(secretJob), o)
	if spec != nil {
		t.Fatal("loaded")
	}
	n := 0
	for _, d := range list {
		var err error = d
		var as Diagnostic
		if errors.As(err, &as) && as.Code == CodePlainSecret && as.Severity == plugins.Fail {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d plain secrets refused, want 2 (url and token):\n%s", n, show(list))
	}
}
