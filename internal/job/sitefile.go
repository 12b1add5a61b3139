package job

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// SiteOptions says where the site's settings come from.
type SiteOptions struct {
	// Environ is os.Environ().
	Environ []string
	// Home is the user's home folder; empty if there is none.
	Home string
	// Defines are the -D of the command line, each "section.key=value".
	Defines []string
}

// DefaultConfDir is where weft-site.json lies when WEFT_CONF_DIR is not set.
const DefaultConfDir = "/etc/weft/conf"

// LoadSite puts the site's settings together; the later wins:
//
//	weft's own defaults
//	weft-site.json in $WEFT_CONF_DIR, else in /etc/weft/conf
//	~/.weft/site.json
//	(the job)
//	WEFT_SECTION_KEY in the environment: WEFT_YARN_QUEUE, WEFT_JOB_UNIT_BYTES
//	-D section.key=value
//
// A missing file is fine unless WEFT_CONF_DIR names its folder. Unknown keys
// are failures with the nearest name. A file may list keys under "final":
// nothing behind it may change those. The Site is usable even beside failures.
func LoadSite(o SiteOptions) (*Site, []Diagnostic) {
	l := &siteLoader{site: NewSite(), env: make(map[string]string)}
	for _, pair := range o.Environ {
		name, value, _ := strings.Cut(pair, "=")
		l.env[name] = value
	}
	dir, named := l.env["WEFT_CONF_DIR"]
	if !named || dir == "" {
		dir, named = DefaultConfDir, false
	}
	l.file(filepath.Join(dir, "weft-site.json"), named)
	if o.Home != "" {
		l.file(filepath.Join(o.Home, ".weft", "site.json"), false)
	}
	l.environment()
	for _, define := range o.Defines {
		l.define(define)
	}
	l.check()
	return l.site, l.found
}

// Files returns the site files that were read, in order.
func (s *Site) Files() []string { return slices.Clone(s.files) }

// Origin says where the value of a site key comes from: a file with its line,
// an environment variable, -D, or "" for weft's own default.
func (s *Site) Origin(key string) string { return s.origin[key] }

type siteLoader struct {
	site  *Site
	env   map[string]string
	found []Diagnostic
}

func (l *siteLoader) fail(code, text, hint string) {
	l.found = append(l.found, Diagnostic{Code: code, Severity: plugins.Fail, Text: text, Hint: hint})
}

// siteFile is the content of a site file.
type siteFile struct {
	*Site
	Final  []string `json:"final"`
	Schema string   `json:"$schema"`
}

func (l *siteLoader) file(path string, required bool) {
	text, err := readAtMost(path, maxJobBytes)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return
	}
	if err != nil {
		l.fail(CodeSiteFile, fmt.Sprintf("read site file %s: %s", path, cause(err)), "")
		return
	}
	l.site.files = append(l.site.files, path)
	from := &origin{file: path, text: text}
	root, problems := jsontree.Parse(text, jsontree.Standard)
	flaws := syntaxFlaws(problems, plugins.DialectNative)
	into := siteFile{Site: l.site}
	if !fatal(problems) {
		flaws = append(flaws, l.finalsIn(root)...)
		d := &decoder{dialect: plugins.DialectNative}
		d.value(root, reflect.ValueOf(&into).Elem(), "")
		flaws = append(flaws, d.flaws...)
	}
	for i := range flaws {
		flaws[i].code = siteCode(flaws[i].code)
	}
	l.found = append(l.found, from.diagnostics(flaws)...)
	l.origins(from, root)
	for _, key := range into.Final {
		if _, ok := l.field(key); !ok {
			l.fail(CodeSiteKey, fmt.Sprintf("%s: final names an unknown key %q", path, key), didYouMean(key, l.keys()))
			continue
		}
		l.site.final[key] = path
	}
}

// siteCode gives what the decoder found the code it has in site files.
func siteCode(code string) string {
	switch code {
	case CodeSyntax, CodeEncoding, CodeDuplicate:
		return CodeSiteFile
	case CodeUnknownKey:
		return CodeSiteKey
	case CodeSiteFinal:
		return code
	}
	return CodeSiteValue
}

// finalsIn refuses keys of a later file that an earlier one made final.
func (l *siteLoader) finalsIn(root *jsontree.Node) []flaw {
	var list []flaw
	for _, key := range slices.Sorted(maps.Keys(l.site.final)) {
		if n := root.At(key); n != nil {
			list = append(list, flaw{at: whole(n), code: CodeSiteFinal, severity: plugins.Fail, key: key,
				text: key + " is final in " + l.site.final[key], hint: "remove it"})
		}
	}
	return list
}

func (l *siteLoader) origins(from *origin, root *jsontree.Node) {
	for _, section := range root.Members {
		for _, m := range section.Value.Members {
			at := from.diagnostic(Diagnostic{}, keyPlace(&m))
			l.site.origin[section.Key+"."+m.Key] = fmt.Sprintf("%s:%d", at.File, at.Line)
		}
	}
}

// keys lists every key of the site, "section.key".
func (l *siteLoader) keys() []string {
	var list []string
	for _, o := range Options(l.site) {
		if strings.Contains(o.Key, ".") {
			list = append(list, o.Key)
		}
	}
	return list
}

func (l *siteLoader) field(key string) (reflect.Value, bool) {
	if !slices.Contains(l.keys(), key) {
		return reflect.Value{}, false
	}
	section, rest, _ := strings.Cut(key, ".")
	v := fieldByKey(reflect.ValueOf(l.site).Elem(), section)
	v = fieldByKey(v, rest)
	return v, v.IsValid()
}

// environment takes WEFT_SECTION_KEY. The key's words may be joined by
// underscores or not. Other variables that begin with WEFT_ are none of ours.
func (l *siteLoader) environment() {
	known := make(map[string]string)
	sections := make(map[string]bool)
	for _, key := range l.keys() {
		section, _, _ := strings.Cut(key, ".")
		sections[section] = true
		known[fold(key)] = key
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		rest, ours := strings.CutPrefix(name, "WEFT_")
		section, _, _ := strings.Cut(strings.ToLower(rest), "_")
		if !ours || !sections[section] {
			continue
		}
		key, ok := known[fold(rest)]
		if !ok {
			l.fail(CodeSiteKey, fmt.Sprintf("environment variable %s: no such setting", name), l.variableHint(rest))
			continue
		}
		l.layer(key, l.env[name], name)
	}
}

func (l *siteLoader) variableHint(rest string) string {
	best := nearest(rest, l.keys())
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean WEFT_%s?", variableName(best))
}

// variableName spells "yarn.containerMemoryMiB" YARN_CONTAINER_MEMORY_MIB.
func variableName(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		upper := key[i] >= 'A' && key[i] <= 'Z'
		if upper && i > 0 && (key[i-1] < 'A' || key[i-1] > 'Z') && !(key[i] == 'B' && key[i-1] == 'i') {
			b.WriteByte('_')
		}
		b.WriteByte(key[i])
	}
	return strings.ToUpper(strings.ReplaceAll(b.String(), ".", "_"))
}

// define takes one -D.
func (l *siteLoader) define(define string) {
	key, value, ok := strings.Cut(define, "=")
	key = strings.TrimSpace(key)
	switch _, known := l.field(key); {
	case !ok:
		l.fail(CodeSiteValue, fmt.Sprintf("-D %s: want section.key=value", define), "")
	case !known:
		l.fail(CodeSiteKey, fmt.Sprintf("-D %s: no such setting", key), didYouMean(key, l.keys()))
	default:
		l.layer(key, value, "-D")
	}
}

// layer puts one value over everything before, and over the job.
func (l *siteLoader) layer(key, text, from string) {
	if file, final := l.site.final[key]; final {
		l.fail(CodeSiteFinal, fmt.Sprintf("%s: %s is final in %s", from, key, file), "remove it")
		return
	}
	target, _ := l.field(key)
	node := &jsontree.Node{Kind: jsontree.String, Text: text, Start: 0, End: len(text)}
	if target.Kind() == reflect.Slice {
		node = &jsontree.Node{Kind: jsontree.Array}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				node.Items = append(node.Items, &jsontree.Node{Kind: jsontree.String, Text: part})
			}
		}
	}
	d := &decoder{dialect: plugins.DialectFlinkX}
	d.value(node, target, key)
	for _, f := range d.flaws {
		l.fail(CodeSiteValue, fmt.Sprintf("%s: %s: %s", from, key, f.text), f.hint)
	}
	if len(d.flaws) == 0 {
		l.site.layers = append(l.site.layers, layer{key: key, value: node})
		l.site.origin[key] = from
	}
}

// check refuses values out of range, naming where they come from.
func (l *siteLoader) check() {
	if Failed(l.found) {
		return
	}
	setting := l.site.defaults(plugins.DialectNative)
	for _, problem := range setting.problems() {
		key := strings.TrimPrefix(problem.path, "speed.")
		if !strings.Contains(key, ".") {
			key = "job." + key
		}
		l.fail(CodeSiteValue, fmt.Sprintf("%s: %s", l.site.origin[key], problem.text), "")
	}
	for key, d := range map[string]Duration{"clean.runs": l.site.Clean.Runs, "clean.binaries": l.site.Clean.Binaries} {
		if d < 0 {
			l.fail(CodeSiteValue, fmt.Sprintf("%s: %s is below 0", l.site.origin[key], key), "")
		}
	}
}
