package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"weft/internal/fault"
	"weft/plugins"
)

// replayed says what --replay wrote.
type replayed struct {
	*exported
	// Job is the job file, Variables what it wants in the environment.
	Job       string   `json:"job"`
	Variables []string `json:"variables"`
	// Changed are settings of the original writer that the job has not.
	Changed []string `json:"changed"`
	Command string   `json:"command"`
}

// replay writes the rows, unless their file is there, and a job that loads it.
func (e *env) replay(ctx context.Context, d *dirtyRun) error {
	file, err := filepath.Abs(cmp.Or(d.flags.export, d.run+"-dirty.csv"))
	if err != nil {
		return fault.New(fault.CodeUsage, "--export", err)
	}
	out := replayed{exported: &exported{RunID: d.run, File: file}, Job: strings.TrimSuffix(file, ".csv") + "-replay.json", Changed: []string{}}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if out.exported, err = d.write(ctx, file); err != nil {
			return err
		}
	}
	text, err := d.replayJob(&out)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out.Job, text, 0o600); err != nil {
		return fault.New(fault.CodeUsage, "write "+out.Job, err)
	}
	if e.output == "json" {
		return e.object(out)
	}
	return e.say(out.String())
}

// String says what is to be done now.
func (r *replayed) String() string {
	var b strings.Builder
	if r.Rows > 0 {
		b.WriteString(r.exported.String())
	} else {
		fmt.Fprintf(&b, "%s was there already and is left as it is\n", r.File)
	}
	for _, text := range r.Changed {
		fmt.Fprintf(&b, "changed: %s\n", text)
	}
	fmt.Fprintf(&b, "repair the rows in %s, then: %s\n", r.File, r.Command)
	return b.String()
}

// replayJob is the job that loads the exported rows into the original's target.
func (d *dirtyRun) replayJob(out *replayed) ([]byte, error) {
	spec, _, err := d.spec.Refer()
	if err != nil {
		return nil, err
	}
	writer := make(map[string]json.RawMessage)
	if err := json.Unmarshal(spec.Writer.Config, &writer); err != nil {
		return nil, fmt.Errorf("read settings of the writer: %w", err)
	}
	out.soften(writer)
	for name := range referred(spec.Writer.Config) {
		out.Variables = append(out.Variables, name)
	}
	var columns []map[string]string
	for _, c := range d.plan.Columns {
		columns = append(columns, map[string]string{"name": c.Name, "type": fileType(c)})
	}
	content := map[string]any{
		"reader": map[string]any{"name": "csv", "parameter": map[string]any{"path": []string{out.File}, "header": true,
			"fieldDelimiter": ",", "quote": `"`, "nullFormat": "", "column": columns}},
		"writer": map[string]any{"name": spec.Writer.Plugin, "parameter": writer},
	}
	file := map[string]any{"job": map[string]any{"content": []any{content},
		"setting": map[string]any{"errorLimit": map[string]any{"record": 0}, "timezone": d.spec.Setting.Zone}}}
	out.Command = "weft run " + out.Job
	if d.spec.Dialect == plugins.DialectNative {
		file["weft"], file["name"] = 1, d.spec.Name+"-replay"
	} else { // the writer's settings mean what they meant
		out.Command += " --dialect " + string(d.spec.Dialect)
	}
	for _, name := range out.Variables {
		out.Command = name + "=... " + out.Command
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(file)
	return text.Bytes(), err
}

// soften takes away what would undo the original load: statements around it, and
// ways of writing that replace what is there.
func (r *replayed) soften(writer map[string]json.RawMessage) {
	for key, value := range writer {
		switch name := strings.ToLower(key); {
		case name == "presql" || name == "postsql" || name == "staging":
			delete(writer, key)
			r.Changed = append(r.Changed, key+" is left out")
		case name == "writemode":
			mode := strings.ToLower(strings.Trim(string(value), `"`))
			if mode == "overwrite" || mode == "truncate" || mode == "nonconflict" {
				writer[key] = json.RawMessage(`"append"`)
				r.Changed = append(r.Changed, fmt.Sprintf("%s is append, not %s: the rows are added to what is there", key, mode))
			}
		}
	}
}

// referred are the variables that settings refer to.
func referred(config []byte) map[string]bool {
	names := make(map[string]bool)
	for _, part := range strings.Split(string(config), "${env:")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names[name] = true
	}
	return names
}

// fileType is a column's type as jobs spell it for files.
func fileType(c plugins.Column) string {
	switch {
	case c.Kind == plugins.KindDecimal && c.Precision > 0:
		return fmt.Sprintf("decimal(%d,%d)", c.Precision, c.Scale)
	case c.Kind == plugins.KindTime || c.Kind == plugins.KindDatetime || c.Kind == plugins.KindTimestamp:
		return fmt.Sprintf("%s(%d)", c.Kind, c.Scale)
	}
	return c.Kind.String()
}
