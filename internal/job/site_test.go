package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// conf/weft-site.json shows every key with weft's own default, explained.
func TestSiteFileShowsTheDefaults(t *testing.T) {
	const shipped = "../../conf/weft-site.json"
	dir := t.TempDir()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "weft-site.json"), string(text))
	site, found := LoadSite(SiteOptions{Environ: []string{"WEFT_CONF_DIR=" + dir}})
	if len(found) > 0 {
		t.Fatal(show(found))
	}
	want := NewSite()
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && strings.ToLower(f.Name()[:1]) == f.Name()[:1]
	}, cmp.Ignore())
	want.YARN.Tags = []string{}
	if diff := cmp.Diff(want, site, ignore); diff != "" {
		t.Error(diff)
	}
	l := &siteLoader{site: NewSite()}
	for _, key := range l.keys() {
		if site.Origin(key) == "" {
			t.Errorf("%s is not shown", key)
		}
	}
}

func TestSiteLayers(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(dir, "weft-site.json"),
		`{"yarn": {"queue": "site", "slots": 3, "vcores": 2, "priority": 1}, "job": {"timezone": "Asia/Tokyo"}, "timeout": {"call": "9s"}}`)
	writeFile(t, filepath.Join(home, ".weft", "site.json"), `{"yarn": {"slots": 4, "vcores": 3, "priority": 2}}`)
	site, found := LoadSite(SiteOptions{
		Environ: []string{"WEFT_CONF_DIR=" + dir, "WEFT_YARN_VCORES=4", "WEFT_YARN_PRIORITY=3", "WEFT_JOB_UNIT_BYTES=777",
			"WEFT_YARN_CONTAINER_MEMORY_MIB=2048", "WEFT_YARN_TAGS=a, b", "WEFT_OTHER=x", "WEFT=y"},
		Home: home, Defines: []string{"yarn.priority=4", "timeout.run=1h"},
	})
	if len(found) > 0 {
		t.Fatal(show(found))
	}
	text := `{"weft": 1, "job": {"setting": {"yarn": {"queue": "job", "vcores": 9, "priority": 9}, "unitBytes": 5},
		"content": [{"reader": {"name": "r"}, "writer": {"name": "w"}}]}}`
	spec, list := Parse("x.json", []byte(text), LoadOptions{Site: site})
	if spec == nil {
		t.Fatal(show(list))
	}
	s := spec.Setting
	want := YARN{Queue: "job", Staging: ".weft", ContainerMemoryMiB: 2048, MasterMemoryMiB: 1024, VCores: 4, Slots: 4,
		Priority: 4, Tags: []string{"a", "b"}, MaxMasterAttempts: 2}
	if diff := cmp.Diff(want, s.YARN); diff != "" {
		t.Error(diff)
	}
	if s.UnitBytes != 777 || s.Zone != "Asia/Tokyo" || time.Duration(s.Timeout.Call) != 9*time.Second || time.Duration(s.Timeout.Run) != time.Hour {
		t.Errorf("setting %+v", s)
	}
	for key, origin := range map[string]string{"yarn.queue": filepath.Join(dir, "weft-site.json") + ":1",
		"yarn.slots": filepath.Join(home, ".weft", "site.json") + ":1", "yarn.vcores": "WEFT_YARN_VCORES", "yarn.priority": "-D", "yarn.staging": ""} {
		if got := site.Origin(key); got != origin {
			t.Errorf("origin of %s = %q, want %q", key, got, origin)
		}
	}
	if len(site.Files()) != 2 {
		t.Errorf("files %v", site.Files())
	}
}

func TestSiteMistakes(t *testing.T) {
	tests := []struct {
		name, file, user string
		environ, defines []string
		code, text, hint string
	}{
		{name: "unknown key", file: `{"yarn": {"que": "x"}}`, code: CodeSiteKey, text: `unknown option "que"`, hint: "queue"},
		{name: "unknown section", file: `{"yran": {}}`, code: CodeSiteKey, text: "yran", hint: "yarn"},
		{name: "wrong type", file: `{"yarn": {"slots": "2"}}`, code: CodeSiteValue, text: "whole number"},
		{name: "out of range", file: `{"yarn": {"slots": 0}}`, code: CodeSiteValue, text: "weft-site.json:1: \"slots\" is 0"},
		{name: "negative age", file: `{"clean": {"runs": "-1h"}}`, code: CodeSiteValue, text: "clean.runs is below 0"},
		{name: "syntax", file: `{"yarn": {`, code: CodeSiteFile, text: "not closed"},
		{name: "unknown variable", environ: []string{"WEFT_YARN_QEUE=x"}, code: CodeSiteKey, text: "WEFT_YARN_QEUE", hint: "WEFT_YARN_QUEUE"},
		{name: "bad variable", environ: []string{"WEFT_YARN_SLOTS=two"}, code: CodeSiteValue, text: "WEFT_YARN_SLOTS: yarn.slots"},
		{name: "unknown define", defines: []string{"yarn.que=x"}, code: CodeSiteKey, text: "-D yarn.que", hint: "yarn.queue"},
		{name: "define without value", defines: []string{"yarn.queue"}, code: CodeSiteValue, text: "want section.key=value"},
		{name: "final in user file", file: `{"yarn": {"queue": "x"}, "final": ["yarn.queue"]}`, user: `{"yarn": {"queue": "y"}}`, code: CodeSiteFinal, text: "yarn.queue is final in"},
		{name: "final on command line", file: `{"final": ["yarn.queue"]}`, defines: []string{"yarn.queue=y"}, code: CodeSiteFinal, text: "-D: yarn.queue is final in"},
		{name: "unknown final", file: `{"final": ["yarn.que"]}`, code: CodeSiteKey, text: "final names an unknown key", hint: "yarn.queue"},
		{name: "bad zone", defines: []string{"job.timezone=CST"}, code: CodeSiteValue, text: "ambiguous"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, home := t.TempDir(), t.TempDir()
			writeFile(t, filepath.Join(dir, "weft-site.json"), orEmpty(tt.file))
			writeFile(t, filepath.Join(home, ".weft", "site.json"), orEmpty(tt.user))
			_, found := LoadSite(SiteOptions{Environ: append(tt.environ, "WEFT_CONF_DIR="+dir), Home: home, Defines: tt.defines})
			if len(found) != 1 || found[0].Code != tt.code || found[0].Severity != plugins.Fail ||
				!strings.Contains(found[0].Text, tt.text) || !strings.Contains(found[0].Hint, tt.hint) {
				t.Errorf("%s, want one %s %q %q", show(found), tt.code, tt.text, tt.hint)
			}
		})
	}
}

func orEmpty(text string) string {
	if text == "" {
		return "{}"
	}
	return text
}

func TestSiteFolderThatIsNamedMustBeThere(t *testing.T) {
	_, found := LoadSite(SiteOptions{Environ: []string{"WEFT_CONF_DIR=" + t.TempDir()}})
	if len(found) != 1 || found[0].Code != CodeSiteFile {
		t.Error(show(found))
	}
}

func TestJobCannotChangeFinals(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "weft-site.json"), `{"final": ["yarn.queue", "job.channel"]}`)
	site, found := LoadSite(SiteOptions{Environ: []string{"WEFT_CONF_DIR=" + dir}})
	if len(found) > 0 {
		t.Fatal(show(found))
	}
	text := `{"weft": 1, "job": {"setting": {"yarn": {"queue": "job"}, "speed": {"channel": 2}},
		"content": [{"reader": {"name": "r"}, "writer": {"name": "w"}}]}}`
	spec, list := Parse("x.json", []byte(text), LoadOptions{Site: site})
	if spec != nil || len(list) != 2 || list[0].Code != CodeSiteFinal || list[1].Code != CodeSiteFinal {
		t.Error(show(list))
	}
}

// The zero value of a Setting is never used: every number has its bound.
func TestDefaultsArePossible(t *testing.T) {
	for _, dialect := range []plugins.Dialect{plugins.DialectNative, plugins.DialectFlinkX, plugins.DialectDataX} {
		s := NewSite().defaults(dialect)
		if p := s.problems(); len(p) > 0 {
			t.Errorf("%s: %v", dialect, p)
		}
	}
	if p := (&Setting{}).problems(); len(p) < 8 {
		t.Errorf("an empty setting has only %d problems", len(p))
	}
	if zone := NewSite().defaults(plugins.DialectFlinkX).Zone; zone != "Etc/GMT-8" {
		t.Errorf("zone %s", zone)
	}
	zone, err := time.LoadLocation("Etc/GMT-8")
	if err != nil {
		t.Fatal(err)
	}
	if _, offset := testNow.In(zone).Zone(); offset != 8*3600 {
		t.Errorf("Etc/GMT-8 lies %d s east", offset)
	}
}

func TestVariableNames(t *testing.T) {
	for key, want := range map[string]string{"yarn.queue": "YARN_QUEUE", "yarn.containerMemoryMiB": "YARN_CONTAINER_MEMORY_MIB", "job.unitBytes": "JOB_UNIT_BYTES"} {
		if got := variableName(key); got != want {
			t.Errorf("%s = %s, want %s", key, got, want)
		}
	}
}
