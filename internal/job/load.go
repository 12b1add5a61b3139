package job

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// LoadOptions says how a job file is read. The zero value reads it without
// looking into the plugins' settings.
type LoadOptions struct {
	// Params are the values of variables, by name; see ParseParams.
	Params map[string]string
	// Now is the moment behind ${today}, ${now} and ${yesterday}; the zero
	// Time is the clock's.
	Now time.Time
	// Registry finds the plugins; nil leaves names and settings unchecked.
	Registry *plugins.Registry
	// Site holds the site's settings; nil is weft's own defaults.
	Site *Site
	// Dialect forces a dialect; empty finds it out.
	Dialect plugins.Dialect
	// Strict turns warnings into failures.
	Strict bool
	// Getenv answers ${env:NAME} outside of secrets; nil is os.LookupEnv.
	Getenv func(string) (string, bool)
}

// maxJobBytes bounds a job file.
const maxJobBytes = 8 << 20

// Load reads a job file of any dialect. All that is wrong with it, or worth
// knowing, is in the diagnostics, in the order of the file. The Spec is nil
// exactly if one of them is a Fail.
func Load(path string, o LoadOptions) (*Spec, []Diagnostic) {
	text, err := readAtMost(path, maxJobBytes)
	if err != nil {
		return nil, []Diagnostic{{Code: CodeUnreadable, Severity: plugins.Fail, File: path,
			Text: "read job file: " + cause(err), Hint: hintForFile(path, err)}}
	}
	return Parse(path, text, o)
}

// readAtMost is os.ReadFile for files that users name: it stops where the file
// is no longer what it should be, a device that never ends included.
func readAtMost(path string, limitBytes int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limitBytes+1))
	if err == nil && int64(len(text)) > limitBytes {
		err = fmt.Errorf("more than the %d bytes that it may have", limitBytes)
	}
	return text, err
}

// cause drops the path that the place already names.
func cause(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// hintForFile names a file of the same folder that is called nearly the same.
func hintForFile(path string, err error) string {
	if !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return didYouMean(filepath.Base(path), names)
}

// Parse is Load for a text that is already in memory; file is the name that
// diagnostics give and that a job without a name is called after.
func Parse(file string, text []byte, o LoadOptions) (*Spec, []Diagnostic) {
	l := &loader{LoadOptions: o, origin: &origin{file: file, text: text}}
	l.complete()
	raw, _ := jsontree.Parse(text, jsontree.Lenient)
	l.Dialect, l.sign = l.detect(raw)
	l.expand(raw)

	mode := jsontree.Lenient
	if l.Dialect == plugins.DialectNative {
		mode = jsontree.Standard
	}
	root, problems := jsontree.Parse(l.text, mode)
	l.flaws = append(l.flaws, syntaxFlaws(problems, l.Dialect)...)
	if !fatal(problems) {
		l.spec = &Spec{Name: nameOf(file), Dialect: l.Dialect}
		l.skeleton(root)
	}
	return l.finish()
}

func fatal(problems []jsontree.Problem) bool {
	for _, p := range problems {
		if p.Fatal {
			return true
		}
	}
	return false
}

func nameOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// loader carries one Load.
type loader struct {
	LoadOptions
	origin *origin
	text   []byte // expanded
	sign   string // what gave the dialect away; empty if nothing did
	early  []Diagnostic
	broken []place // variables without a value, in the original text
	flaws  []flaw
	spec   *Spec
}

func (l *loader) complete() {
	if l.Now.IsZero() {
		l.Now = time.Now()
	}
	if l.Getenv == nil {
		l.Getenv = os.LookupEnv
	}
	if l.Site == nil {
		l.Site = NewSite()
	}
}

// expand replaces the variables. Their flaws have places of the original
// text, unlike all later ones.
func (l *loader) expand(raw *jsontree.Node) {
	e := &expansion{text: l.origin.text, dialect: l.Dialect, params: l.Params, now: l.Now.In(l.zone(raw))}
	e.run()
	for _, f := range e.found {
		l.early = append(l.early, l.origin.diagnostic(f.diagnostic(), f.at))
		l.broken = append(l.broken, f.at)
	}
	for _, name := range e.unused() {
		l.early = append(l.early, Diagnostic{Code: CodeIgnored, Severity: plugins.Note, File: l.origin.file,
			Text: fmt.Sprintf("variable %s was given and is not used", name)})
	}
	l.text, l.origin.segments = e.out, e.segments
}

// zone is where dates of variables are reckoned: the job's own time zone.
func (l *loader) zone(raw *jsontree.Node) *time.Location {
	name := l.Site.Job.Timezone
	if n := raw.At("job.setting.timezone"); n != nil && n.Kind == jsontree.String {
		name = n.Text
	}
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone
	}
	zone, err := time.LoadLocation(defaultZone(l.Dialect))
	if err != nil {
		return time.UTC
	}
	return zone
}

func (l *loader) fail(at place, code, key, text, hint string) {
	l.note(at, code, plugins.Fail, key, text, hint)
}

func (l *loader) note(at place, code string, severity plugins.Severity, key, text, hint string) {
	l.flaws = append(l.flaws, flaw{at: at, code: code, severity: severity, key: key, text: text, hint: hint})
}

// followsFromBroken says that a flaw is about a key or value whose variable
// has none, and so says nothing new.
func (l *loader) followsFromBroken(f flaw) bool {
	if f.at == noPlace || f.code != CodeUnknownKey && f.code != CodeType && f.code != CodeValue {
		return false
	}
	at := l.origin.back(f.at.start, f.at.end)
	return slices.ContainsFunc(l.broken, func(b place) bool { return b.start < at.end && at.start < b.end })
}

func (l *loader) finish() (*Spec, []Diagnostic) {
	flaws := slices.DeleteFunc(l.flaws, l.followsFromBroken)
	list := append(l.early, l.origin.diagnostics(flaws)...)
	for i := range list {
		if l.Strict && list[i].Severity == plugins.Warn {
			list[i].Severity = plugins.Fail
		}
	}
	sortDiagnostics(list)
	if Failed(list) {
		return nil, list
	}
	return l.spec, list
}
