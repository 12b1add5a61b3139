package job

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// The skeleton of a job file, in every dialect:
//
//	{"weft": 1, "name": "orders",                       native only
//	 "job": {"setting": {"speed": {...}, "errorLimit": {...}, ...},
//	         "content": [{"reader": {"name": "...", "parameter": {...}},
//	                      "writer": {"name": "...", "parameter": {...}}}]}}

// skeleton takes the tree apart and fills in the spec.
func (l *loader) skeleton(root *jsontree.Node) {
	if !l.isObject(root, "", "a job file") {
		return
	}
	l.topLevel(root)
	jobNode := root.Get("job")
	if jobNode == nil {
		l.fail(begin(root), CodeSkeleton, "job", `there is no "job" in this file`, `it begins {"job": {"content": [{"reader": ..., "writer": ...}]}}`)
		return
	}
	if !l.isObject(jobNode, "job", `"job"`) {
		return
	}
	l.jobLevel(jobNode)
	l.setting(jobNode.Get("setting"))
	if content := l.content(jobNode); content != nil {
		l.spec.Reader = l.side(content, "reader")
		l.spec.Writer = l.side(content, "writer")
	}
}

// begin is where an object or list opens.
func begin(n *jsontree.Node) place { return place{n.Start, n.Start + 1} }

func whole(n *jsontree.Node) place { return place{n.Start, n.End} }

func (l *loader) isObject(n *jsontree.Node, key, what string) bool {
	if n.Kind == jsontree.Object {
		return true
	}
	l.fail(whole(n), CodeType, key, fmt.Sprintf("%s must be an object, not %s", what, n.Kind), "")
	return false
}

func (l *loader) topLevel(root *jsontree.Node) {
	known := []string{"weft", "$schema", "name", "description", "job", "core"}
	for i := range root.Members {
		m := &root.Members[i]
		switch m.Key {
		case "job", "$schema", "description":
		case "weft":
			if m.Value.Text != "1" {
				l.fail(whole(m.Value), CodeValue, "weft", fmt.Sprintf("version %s of the job format is not known to this weft", m.Value.Text), "1 is the only one")
			}
		case "name":
			l.name(m)
		case "core":
			l.note(keyPlace(m), CodeIgnored, plugins.Note, "core", `"core" has no effect`, "")
		default:
			l.unknownKey(m, m.Key, known)
		}
	}
}

func (l *loader) name(m *jsontree.Member) {
	if m.Value.Kind != jsontree.String || strings.TrimSpace(m.Value.Text) == "" {
		l.fail(whole(m.Value), CodeType, "name", `"name" must be a string that is not empty`, "")
		return
	}
	l.spec.Name = m.Value.Text
}

func (l *loader) jobLevel(jobNode *jsontree.Node) {
	for i := range jobNode.Members {
		m := &jobNode.Members[i]
		switch m.Key {
		case "setting", "content":
		case "preHandler", "postHandler":
			l.fail(keyPlace(m), CodeUnsupported, "job."+m.Key, fmt.Sprintf("%q: code named in a job file is not run", m.Key), "")
		default:
			l.unknownKey(m, "job."+m.Key, []string{"setting", "content"})
		}
	}
}

func keyPlace(m *jsontree.Member) place { return place{m.KeyStart, m.KeyEnd} }

// unknownKey is a failure in native jobs and a warning in others.
func (l *loader) unknownKey(m *jsontree.Member, path string, known []string) {
	hint := didYouMean(m.Key, known)
	if l.Dialect == plugins.DialectNative {
		l.fail(keyPlace(m), CodeUnknownKey, path, fmt.Sprintf("unknown key %q", m.Key), hint)
		return
	}
	l.note(keyPlace(m), CodeUnknownKey, plugins.Warn, path, fmt.Sprintf("unknown key %q is ignored", m.Key), hint)
}

// content returns the one content, or nil after saying why there is none.
func (l *loader) content(jobNode *jsontree.Node) *jsontree.Node {
	n := jobNode.Get("content")
	switch {
	case n == nil:
		l.fail(begin(jobNode), CodeSkeleton, "job.content", `there is no "content" in "job"`, `"content": [{"reader": ..., "writer": ...}]`)
		return nil
	case n.Kind == jsontree.Object && l.Dialect != plugins.DialectNative:
		return n
	case n.Kind != jsontree.Array:
		l.fail(whole(n), CodeType, "job.content", fmt.Sprintf(`"content" must be a list, not %s`, n.Kind), "")
		return nil
	case len(n.Items) == 0:
		l.fail(begin(n), CodeSkeleton, "job.content", `"content" is empty`, "")
		return nil
	case len(n.Items) > 1:
		l.fail(begin(n.Items[1]), CodeContents, "job.content[1]",
			fmt.Sprintf("%d contents: a job moves from one reader to one writer", len(n.Items)), "make a job of each")
	}
	if !l.isObject(n.Items[0], "job.content[0]", `"content[0]"`) {
		return nil
	}
	return n.Items[0]
}

const contentPath = "job.content[0]."

// side reads reader or writer.
func (l *loader) side(content *jsontree.Node, which string) Side {
	if which == "reader" {
		l.contentKeys(content)
	}
	n := content.Get(which)
	path := contentPath + which
	if n == nil {
		l.fail(begin(content), CodeSkeleton, path, fmt.Sprintf("there is no %q in the content", which), "")
		return Side{}
	}
	if !l.isObject(n, path, fmt.Sprintf("%q", which)) {
		return Side{}
	}
	for i := range n.Members {
		if m := &n.Members[i]; m.Key != "name" && m.Key != "parameter" {
			l.unknownKey(m, path+"."+m.Key, []string{"name", "parameter"})
		}
	}
	name, parameter := n.Get("name"), n.Get("parameter")
	if parameter == nil || parameter.Kind == jsontree.Null {
		parameter = &jsontree.Node{Kind: jsontree.Object, Start: n.Start, End: n.Start + 1}
	}
	if !l.isObject(parameter, path+".parameter", `"parameter"`) {
		return Side{}
	}
	if name == nil || name.Kind != jsontree.String || name.Text == "" {
		l.fail(begin(n), CodeSkeleton, path+".name", fmt.Sprintf("the %s has no name", which), l.nameHint(which))
		return Side{}
	}
	return l.settings(which, name, parameter)
}

func (l *loader) contentKeys(content *jsontree.Node) {
	for i := range content.Members {
		m := &content.Members[i]
		switch m.Key {
		case "reader", "writer":
		case "transformer":
			if len(m.Value.Items)+len(m.Value.Members) > 0 {
				l.fail(keyPlace(m), CodeUnsupported, contentPath+m.Key, "transformers are not run by weft", "change the rows in the reader's query")
			}
		default:
			l.unknownKey(m, contentPath+m.Key, []string{"reader", "writer"})
		}
	}
}

func (l *loader) nameHint(which string) string {
	if l.Registry == nil {
		return ""
	}
	return "one of " + strings.Join(l.stems(which), ", ")
}

// stems lists the plugins that have this side.
func (l *loader) stems(which string) []string {
	var names []string
	for _, p := range l.Registry.List() {
		if which == "reader" && p.NewReader != nil || which == "writer" && p.NewWriter != nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// settings checks the settings of one side with the plugin's own config.
func (l *loader) settings(which string, name, parameter *jsontree.Node) Side {
	prefix := contentPath + which + ".parameter."
	if l.Registry == nil {
		l.secrets(which, parameter, nil, prefix)
		return Side{Plugin: name.Text, Config: parameter.JSON()}
	}
	p, ok := l.plugin(which, name)
	if !ok {
		return Side{}
	}
	config := p.NewReaderConfig
	if which == "writer" {
		config = p.NewWriterConfig
	}
	fresh := config()
	l.secrets(which, parameter, reflect.TypeOf(fresh), prefix)
	l.flaws = append(l.flaws, decodeConfig(parameter, fresh, l.Dialect, prefix)...)
	return Side{Plugin: p.Name, Config: parameter.JSON()}
}

// aliases are names of ChunJun for systems that go by another one here.
var aliases = map[string]string{"tidb": "mysql", "adbpostgresql": "postgresql", "txtfile": "csv"}

func (l *loader) plugin(which string, name *jsontree.Node) (plugins.Plugin, bool) {
	find := l.Registry.Reader
	known := slices.Sorted(keysWithSuffix(which))
	if which == "writer" {
		find = l.Registry.Writer
	}
	if p, ok := find(name.Text); ok {
		return p, true
	}
	lower := strings.ToLower(strings.TrimSpace(name.Text))
	stem := strings.TrimSuffix(lower, which)
	if p, ok := find(aliases[stem]); ok && aliases[stem] != "" {
		return p, true
	}
	path := contentPath + which + ".name"
	if slices.Contains(known, stem+which) {
		l.fail(whole(name), CodeUnsupportedPlugin, path, fmt.Sprintf("%s %q is known from FlinkX or DataX and not supported by this weft", which, name.Text), l.nameHint(which))
		return plugins.Plugin{}, false
	}
	hint := didYouMean(stem, l.stems(which))
	if hint == "" {
		hint = l.nameHint(which)
	}
	l.fail(whole(name), CodeUnknownPlugin, path, fmt.Sprintf("unknown %s %q", which, name.Text), hint)
	return plugins.Plugin{}, false
}

func keysWithSuffix(suffix string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, set := range []map[string]bool{flinkxNames, dataxNames} {
			for name := range set {
				if strings.HasSuffix(name, suffix) && !yield(name) {
					return
				}
			}
		}
	}
}
