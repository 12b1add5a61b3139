package rig

import (
	"encoding/json"
	"maps"
	"testing"
)

// Params are keys and values of one side of a job.
type Params map[string]any

// And returns the params with more laid over them; a nil value takes a key away.
func (p Params) And(more Params) Params {
	out := maps.Clone(p)
	maps.Copy(out, more)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// Side is reader or writer of a job.
type Side struct {
	Name      string `json:"name"`
	Parameter Params `json:"parameter"`
}

// Job is a native job.
type Job struct {
	Name           string
	Reader, Writer Side
	Setting        Params
}

// JSON is the job as text.
func (j Job) JSON(t testing.TB) string {
	t.Helper()
	text, err := json.MarshalIndent(map[string]any{"weft": 1, "name": j.Name, "job": map[string]any{
		"content": []any{map[string]any{"reader": j.Reader, "writer": j.Writer}}, "setting": j.Setting}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// File writes the job into a folder of its own and returns its path.
func (j Job) File(t testing.TB) string {
	t.Helper()
	return File(t, "job.json", j.JSON(t))
}

// Reader reads the table.
func (tb *Table) Reader(more Params) Side {
	return Side{Name: "mysqlreader", Parameter: Params{"username": "test", "password": "test", "column": []string{"*"},
		"connection": []any{map[string]any{"jdbcUrl": []string{tb.JDBC()}, "table": []string{tb.Name}}}}.And(more)}
}

// Text writes text files that hold every value: delimiters and line ends are escaped.
func Text(target string, more Params) Side {
	return Side{Name: "hdfswriter", Parameter: Params{"path": target, "fileType": "text", "fieldDelimiter": `\001`,
		"onDelimiter": "escape", "escapeCrlf": true, "writeMode": "append"}.And(more)}
}

// Job moves the table to the target as text with channels slots in use, and proves it by checksums.
func (tb *Table) Job(target string, channels int, writer Params) Job {
	return Job{Name: "orders", Reader: tb.Reader(nil), Writer: Text(target, writer),
		Setting: Params{"speed": Params{"channel": channels}, "verify": "checksum"}}
}
