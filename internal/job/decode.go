package job

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// Decode reads the settings of one side, standard JSON as Spec holds them,
// into config, which already carries the defaults, and calls its Validate.
// Everything wrong is returned at once; places are lines and columns of raw.
//
// In native jobs keys and types are strict. In FlinkX and DataX jobs a number
// or boolean may be text and the other way round, a list may be its only
// element and an element a list, an empty string means "not set", and unknown
// keys are warnings.
//
// This is the only place of weft that decodes plugin settings. Load has used
// it with the same arguments before, so that a Spec made by Load decodes
// without a Fail.
func Decode(raw json.RawMessage, config plugins.Config, dialect plugins.Dialect) []Diagnostic {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	from := &origin{text: raw}
	root, problems := jsontree.Parse(raw, jsontree.Standard)
	flaws := syntaxFlaws(problems, plugins.DialectNative)
	flaws = append(flaws, decodeConfig(root, config, dialect, "")...)
	return from.diagnostics(flaws)
}

// decodeConfig decodes and validates; prefix stands before every key, such as
// "job.content[0].reader.parameter.".
func decodeConfig(n *jsontree.Node, config plugins.Config, dialect plugins.Dialect, prefix string) []flaw {
	d := &decoder{dialect: dialect, prefix: prefix}
	if n == nil {
		n = &jsontree.Node{Kind: jsontree.Object}
	}
	d.value(n, reflect.ValueOf(config).Elem(), "")
	if failed(d.flaws) {
		return d.flaws // what Validate would say follows from these
	}
	for _, f := range config.Validate() {
		if f.Severity != plugins.OK {
			d.flaws = append(d.flaws, findingFlaw(n, f, prefix))
		}
	}
	return d.flaws
}

func failed(list []flaw) bool {
	for _, f := range list {
		if f.severity == plugins.Fail {
			return true
		}
	}
	return false
}

// findingFlaw gives a finding its place: that of its key, or of the object
// where the key is missing.
func findingFlaw(root *jsontree.Node, f plugins.Finding, prefix string) flaw {
	out := flaw{code: CodeValue, severity: f.Severity, key: prefix + f.Key, text: f.Text, hint: f.Hint, at: noPlace}
	if f.Severity != plugins.Fail {
		out.code = CodeApproximated
	}
	node, rest := root.Nearest(f.Key)
	if node != nil && node.End > node.Start {
		out.at = place{node.Start, node.End}
		if rest != "" || node.Kind == jsontree.Object {
			out.at.end = node.Start + 1
		}
	}
	return out
}

// decoder fills Go values from a tree.
type decoder struct {
	dialect plugins.Dialect
	prefix  string
	flaws   []flaw
}

func (d *decoder) lenient() bool { return d.dialect != plugins.DialectNative }

func (d *decoder) report(n *jsontree.Node, code string, severity plugins.Severity, path, text, hint string) {
	at := place{n.Start, n.End}
	if !n.Scalar() {
		at.end = n.Start + 1
	}
	if n.End <= n.Start {
		at = noPlace
	}
	d.flaws = append(d.flaws, flaw{at: at, code: code, severity: severity, key: d.prefix + path, text: text, hint: hint})
}

// mismatch reports a value of the wrong type.
func (d *decoder) mismatch(n *jsontree.Node, path, want string) {
	got := n.Kind.String()
	if n.Kind == jsontree.Number || n.Kind == jsontree.Bool {
		got = n.Text
	}
	d.report(n, CodeType, plugins.Fail, path, fmt.Sprintf("%s must be %s, not %s", name(path), want, got), "")
}

// name is the last part of a path, for messages.
func name(path string) string {
	if path == "" {
		return "the value"
	}
	return `"` + path[strings.LastIndexByte(path, '.')+1:] + `"`
}

// object fills the fields of a struct.
func (d *decoder) object(n *jsontree.Node, v reflect.Value, path string) {
	if n.Kind != jsontree.Object {
		d.mismatch(n, path, "an object")
		return
	}
	fields := fieldsOf(v.Type())
	for i := range n.Members {
		m := &n.Members[i]
		if n.Member(m.Key) != m {
			continue // a duplicate, reported by the parser; the last one counts
		}
		at := join(path, m.Key)
		f, ok := fields.find(m.Key)
		switch {
		case !ok:
			d.unknown(m, fields, at)
		case f.ignored:
			d.key(m, CodeIgnored, plugins.Note, at, fmt.Sprintf("option %q has no effect", m.Key), f.doc)
		case f.filled && !d.lenient() && m.Value.Kind == jsontree.String && m.Value.Text == "":
			d.report(m.Value, CodeValue, plugins.Fail, at, fmt.Sprintf("%q must not be empty", m.Key), "leave it out for the default")
		default:
			d.value(m.Value, v.FieldByIndex(f.index), at)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// key reports something about a key rather than about its value.
func (d *decoder) key(m *jsontree.Member, code string, severity plugins.Severity, path, text, hint string) {
	at := place{m.KeyStart, m.KeyEnd}
	d.flaws = append(d.flaws, flaw{at: at, code: code, severity: severity, key: d.prefix + path, text: text, hint: hint})
}

// harmless are keys that real FlinkX and DataX files carry and that neither
// tool reads: left-overs of the user interfaces that wrote them.
var harmless = map[string]bool{
	"columnTypes": true, "sourceIds": true, "sourceId": true, "key": true, "precision": true, "scale": true,
	"columnDisplaySize": true, "comment": true, "part": true, "database": true, "resourceName": true,
	"customConverterType": true, "connection": true, "dataSourceId": true, "dtCenterSourceId": true, "dataSourceType": true,
}

func (d *decoder) unknown(m *jsontree.Member, fields *fieldSet, path string) {
	hint := didYouMean(m.Key, fields.names())
	text := fmt.Sprintf("unknown option %q", m.Key)
	switch {
	case !d.lenient():
		d.key(m, CodeUnknownKey, plugins.Fail, path, text, hint)
	case harmless[m.Key]:
		d.key(m, CodeIgnored, plugins.Note, path, fmt.Sprintf("option %q has no effect", m.Key), "")
	default:
		d.key(m, CodeUnknownKey, plugins.Warn, path, text+" is ignored", hint)
	}
}
