package job

import (
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// Secrets in a job file are text, or a reference that is resolved on the
// client, late, and never written into spec.json in clear:
//
//	"password": "${env:DB_PASSWORD}"     an environment variable
//	"password": "${file:/etc/weft/pw}"   a file, without its last line break
//	"password": "file:/etc/weft/pw"      the same; a relative path counts from
//	                                     where the program was started
//
// What is a secret: a setting of type plugins.Secret, a string under a telling
// key (password, token, ...), a URL that carries a password. ${env:NAME}
// elsewhere is replaced when the job is loaded.

var (
	referenceExpr = regexp.MustCompile(`\$\{(env|file):([^}]*)\}`)
	sealedExpr    = regexp.MustCompile(`^\$\{sealed:([A-Za-z0-9_-]+)\}$`)
	refusedExpr   = regexp.MustCompile(`\$\{(secret|exec|sealed):[^}]*\}`)
	urlPassword   = regexp.MustCompile(`(?i)([?&;](?:` + secretWords + `)=)([^&;\s]+)`)
)

// isReference says that text names a secret instead of being one.
func isReference(text string) bool {
	return strings.HasPrefix(text, "file:") || sealedExpr.MatchString(text) ||
		referenceExpr.MatchString(text) && referenceExpr.ReplaceAllString(text, "") == ""
}

// visitor is called for every string below a node.
type visitor func(n *jsontree.Node, pointer, key string)

// visit walks the strings of a tree. pointer is the RFC 6901 pointer, key the
// name of the nearest member above.
func visit(n *jsontree.Node, pointer, key string, fn visitor) {
	switch n.Kind {
	case jsontree.String:
		fn(n, pointer, key)
	case jsontree.Array:
		for i, item := range n.Items {
			visit(item, pointer+"/"+strconv.Itoa(i), key, fn)
		}
	case jsontree.Object:
		for _, m := range n.Members {
			visit(m.Value, pointer+"/"+escapePointer(m.Key), m.Key, fn)
		}
	}
}

func escapePointer(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// secrets notes which strings of a side are secret, replaces ${env:} in the
// others, and refuses references weft does not know. config may be nil.
func (l *loader) secrets(which string, parameter *jsontree.Node, config reflect.Type, prefix string) {
	typed := make(map[string]bool)
	if config != nil {
		typedSecrets(parameter, config, "", typed)
	}
	visit(parameter, "", "", func(n *jsontree.Node, pointer, key string) {
		setting := prefix + strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", ".")
		if bad := refusedExpr.FindStringSubmatch(n.Text); bad != nil {
			l.fail(whole(n), CodeSecretRef, setting, fmt.Sprintf("${%s:...} is not resolved by this weft", bad[1]), "use ${env:NAME} or file:/path")
			return
		}
		if typed[pointer] || isSecret(key, n.Text) {
			l.secret(which, n, pointer, setting)
			return
		}
		l.environment(n, setting)
	})
}

func isSecret(key, text string) bool {
	return secretKey.MatchString(key) || urlPassword.MatchString(text) || userInfo.MatchString(text) ||
		strings.Contains(text, "${file:")
}

func (l *loader) secret(which string, n *jsontree.Node, pointer, setting string) {
	if n.Text == "" {
		return
	}
	l.spec.Secrets = append(l.spec.Secrets, "/"+which+pointer)
	if !isReference(n.Text) && !referenceExpr.MatchString(n.Text) {
		at := whole(n)
		l.note(at, CodePlainSecret, plainSeverity(l.Strict), setting, "a secret stands in the job file in clear",
			"use ${env:NAME} or file:/path")
	}
}

// plainSeverity: with --strict no secret may stand in a job in clear; else it
// is worth a note, since every job of FlinkX and DataX has one.
func plainSeverity(strict bool) plugins.Severity {
	if strict {
		return plugins.Fail
	}
	return plugins.Note
}

// environment replaces ${env:NAME} in a string that is no secret.
func (l *loader) environment(n *jsontree.Node, setting string) {
	n.Text = referenceExpr.ReplaceAllStringFunc(n.Text, func(ref string) string {
		m := referenceExpr.FindStringSubmatch(ref)
		value, ok := l.Getenv(m[2])
		if !ok {
			l.fail(whole(n), CodeSecretRef, setting, fmt.Sprintf("environment variable %s is not set", m[2]), "")
		}
		return value
	})
}

// typedSecrets finds the strings that a config decodes into plugins.Secret.
func typedSecrets(n *jsontree.Node, t reflect.Type, pointer string, found map[string]bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == secretType:
		found[pointer] = true
	case t.Kind() == reflect.Slice && n.Kind == jsontree.Array:
		for i, item := range n.Items {
			typedSecrets(item, t.Elem(), pointer+"/"+strconv.Itoa(i), found)
		}
	case t.Kind() == reflect.Slice:
		typedSecrets(n, t.Elem(), pointer, found)
	case t.Kind() == reflect.Map:
		for _, m := range n.Members {
			typedSecrets(m.Value, t.Elem(), pointer+"/"+escapePointer(m.Key), found)
		}
	case t.Kind() == reflect.Struct && !decodesItself(t):
		fields := fieldsOf(t)
		for _, m := range n.Members {
			if f, ok := fields.find(m.Key); ok {
				typedSecrets(m.Value, f.typ, pointer+"/"+escapePointer(m.Key), found)
			}
		}
	}
}

// World is what references are resolved against.
type World struct {
	// Getenv is os.LookupEnv but in tests.
	Getenv func(string) (string, bool)
	// ReadFile is os.ReadFile, with an error for files larger than a secret, but
	// in tests.
	ReadFile func(string) ([]byte, error)
	// Stat is os.Stat but in tests; it tells who else may read a file.
	Stat func(string) (fs.FileInfo, error)
}

// maxSecretBytes bounds a file that holds a secret; a key with its certificates
// fits many times.
const maxSecretBytes = 1 << 20

func readSecret(path string) ([]byte, error) { return readAtMost(path, maxSecretBytes) }

// TheWorld is this process's environment and disk.
func TheWorld() World {
	return World{Getenv: os.LookupEnv, ReadFile: readSecret, Stat: os.Stat}
}

// Resolve returns a copy of s whose references to secrets are replaced by
// their values, and the values, for a scrubber. It runs on the client, right
// before the job is run or sealed. Files that others may read are warned of.
func (s *Spec) Resolve(w World) (*Spec, []string, []Diagnostic) {
	var values []string
	var found []Diagnostic
	resolved, err := s.rewrite(func(pointer, text string) (string, error) {
		value, diagnostics := w.resolve(pointer, text)
		found = append(found, diagnostics...)
		values = append(values, exposed(value)...)
		return value, nil
	})
	if err != nil {
		found = append(found, Diagnostic{Code: CodeSecretRef, Severity: plugins.Fail, Text: err.Error()})
	}
	return resolved, values, found
}

// exposed lists what of a secret string must be scrubbed: all of it, or of a
// URL only its password.
func exposed(value string) []string {
	var parts []string
	for _, m := range urlPassword.FindAllStringSubmatch(value, -1) {
		parts = append(parts, m[2])
	}
	for _, m := range userInfo.FindAllStringSubmatch(value, -1) {
		parts = append(parts, m[2])
	}
	if len(parts) == 0 && value != "" {
		parts = []string{value}
	}
	return parts
}

func (w World) resolve(pointer, text string) (string, []Diagnostic) {
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		text = "${file:" + path + "}"
	}
	var found []Diagnostic
	value := referenceExpr.ReplaceAllStringFunc(text, func(ref string) string {
		m := referenceExpr.FindStringSubmatch(ref)
		value, diagnostics := w.lookUp(pointer, m[1], m[2])
		found = append(found, diagnostics...)
		return value
	})
	return value, found
}

func (w World) lookUp(pointer, kind, what string) (string, []Diagnostic) {
	problem := Diagnostic{Code: CodeSecretRef, Severity: plugins.Fail, Key: pointer}
	if kind == "env" {
		value, ok := w.Getenv(what)
		if !ok || value == "" {
			problem.Text = fmt.Sprintf("secret %s: environment variable %s is not set", pointer, what)
			return "", []Diagnostic{problem}
		}
		return value, nil
	}
	data, err := w.ReadFile(what)
	value := strings.TrimRight(string(data), "\r\n")
	if err == nil && value == "" {
		err = fmt.Errorf("the file is empty")
	}
	if err != nil {
		problem.Text = fmt.Sprintf("secret %s: read %s: %s", pointer, what, cause(err))
		return "", []Diagnostic{problem}
	}
	if info, err := w.Stat(what); err == nil && info.Mode().Perm()&0o077 != 0 {
		problem.Severity = plugins.Warn
		problem.Text = fmt.Sprintf("secret %s: %s may be read by others (mode %04o)", pointer, what, info.Mode().Perm())
		problem.Hint = "chmod 600 " + what
		return value, []Diagnostic{problem}
	}
	return value, nil
}

// Masked returns a copy of s that may be shown: references stay, values
// become plugins.SecretMask.
func (s *Spec) Masked() *Spec {
	masked, err := s.rewrite(func(_, text string) (string, error) {
		if isReference(text) {
			return text, nil
		}
		if len(urlPassword.FindString(text))+len(userInfo.FindString(text)) > 0 {
			return maskLine(urlPassword.ReplaceAllString(text, "${1}"+plugins.SecretMask)), nil
		}
		return plugins.SecretMask, nil
	})
	if err != nil { // a side that is no JSON shows nothing
		masked = &Spec{Name: s.Name, Dialect: s.Dialect, Setting: s.Setting}
	}
	return masked
}

// rewrite returns a copy of s with fn applied to the secret strings.
func (s *Spec) rewrite(fn func(pointer, text string) (string, error)) (*Spec, error) {
	out := *s
	out.Secrets = slices.Clone(s.Secrets)
	for i, side := range []*Side{&out.Reader, &out.Writer} {
		which := [...]string{"reader", "writer"}[i]
		if !slices.ContainsFunc(s.Secrets, func(p string) bool { return strings.HasPrefix(p, "/"+which+"/") }) {
			continue
		}
		root, problems := jsontree.Parse(side.Config, jsontree.Standard)
		if fatal(problems) {
			return nil, fmt.Errorf("rewrite settings of the %s: not JSON", which)
		}
		var failed error
		visit(root, "/"+which, "", func(n *jsontree.Node, pointer, _ string) {
			if !slices.Contains(s.Secrets, pointer) || failed != nil {
				return
			}
			n.Text, failed = fn(pointer, n.Text)
		})
		if failed != nil {
			return nil, failed
		}
		side.Config = root.JSON()
	}
	return &out, nil
}
