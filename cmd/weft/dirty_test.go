package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refusing is a run of five rows, of which two are refused on writing and one on reading, and whose state lies in state.
func refusing(t *testing.T, more string) (state, dir string, got ran) {
	t.Helper()
	state, dir = t.TempDir(), t.TempDir()
	write(t, dir+"/in.csv", "id,note,small\n1,good,7\n2,\"a\x01b\",7\n3,\"say \"\"\x01\"\"\",\n4,fine,300\n5,,8\n")
	text := fmt.Sprintf(`{"weft": 1, "name": "notes", "job": {"content": [{
	  "reader": {"name": "csv", "parameter": {"path": ["%[1]s/in.csv"], "header": true,
	    "column": [{"name": "id", "type": "long"}, {"name": "note", "type": "string"}, {"name": "small", "type": "tinyint"}]}},
	  "writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": "%[1]s/out", "writeMode": "overwrite"}}}],
	  "setting": {"errorLimit": {"record": 3}%[2]s}}}`, dir, strings.ReplaceAll(more, "DIR", dir))
	got = weft(t, nil, "run", write(t, dir+"/job.json", text), "--run-id", "r1", "--state-dir", state)
	return state, dir, got
}

func TestDirtyShows(t *testing.T) {
	state, _, got := refusing(t, "")
	got.want(t, 0, "5 read, 2 written, 3 dirty", "dirty      weft dirty r1")
	weft(t, nil, "dirty", "r1", "--state-dir", state).want(t, 0, "3 dirty rows in r1", "note", "delimiter", `a\u0001b`, "300")
	one := weft(t, nil, "dirty", "r1", "--state-dir", state, "--limit", "1")
	one.want(t, 0, "... and 2 more")
	var shown shownRows
	some := weft(t, nil, "dirty", "r1", "--state-dir", state, "--code", "delimiter", "-o", "json")
	if err := json.Unmarshal([]byte(some.stdout), &shown); err != nil || shown.Dirty != 3 || len(shown.Rows) != 2 || shown.Rows[0].Column != "note" {
		t.Errorf("%v in\n%s%s", err, some.stdout, some.stderr)
	}
	weft(t, nil, "dirty", "nobody", "--state-dir", state).want(t, 8, "E6004")
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--export", "x.xls").want(t, 2, "E2001", ".jsonl")
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--limit", "-1").want(t, 2, "E2001")
}

func TestDirtyExports(t *testing.T) {
	state, dir, _ := refusing(t, "")
	lines := dir + "/rows.jsonl"
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--export", lines).want(t, 0, "3 rows in "+lines)
	text, err := os.ReadFile(lines)
	if err != nil || strings.Count(string(text), "\n") != 3 || !strings.Contains(string(text), `"raw":"4,fine,300"`) {
		t.Errorf("%v, %s", err, text)
	}
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--export", lines).want(t, 2, "the file exists")
	table := dir + "/rows.csv"
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--export", table).want(t, 0, "2 rows in "+table, "1 rows could not be read")
	text, err = os.ReadFile(table)
	want := "\"id\",\"note\",\"small\",\"weft_split\",\"weft_row\",\"weft_column\",\"weft_code\",\"weft_cause\"\n\"2\",\"a\x01b\",\"7\",\"0\",\"0:1\",\"note\",\"delimiter\","
	if err != nil || !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), "\"3\",\"say \"\"\x01\"\"\",,") {
		t.Errorf("%v, %q, want %q", err, text, want)
	}
}

// Rows that were repaired in the exported file are loaded into the same target, beside what is there.
func TestDirtyReplay(t *testing.T) {
	state, dir, _ := refusing(t, "")
	file, job := dir+"/rows.csv", dir+"/rows-replay.json"
	got := weft(t, nil, "dirty", "r1", "--state-dir", state, "--replay", "--export", file)
	got.want(t, 0, "writeMode is append, not overwrite", "then: weft run "+job)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	weft(t, nil, "run", job, "--run-id", "unrepaired", "--state-dir", state).want(t, 3, "E4001")
	write(t, file, strings.ReplaceAll(string(text), "\x01", " "))
	weft(t, nil, "dirty", "r1", "--state-dir", state, "--replay", "--export", file).want(t, 0, "was there already and is left as it is")
	weft(t, nil, "run", job, "--run-id", "repaired", "--state-dir", state).want(t, 0, "2 read, 2 written, 0 dirty")
	files, err := filepath.Glob(dir + "/out/part-*")
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	all := ""
	for _, name := range files {
		part, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all += string(part)
	}
	for _, row := range []string{"1\x01good\x017\n", "2\x01a b\x017\n", "3\x01say \" \"\x01\\N\n", "5\x01"} {
		if !strings.Contains(all, row) {
			t.Errorf("row %q is not in %q", row, all)
		}
	}
}

// A local run lays its rows out too, and prints what makes the table.
func TestDirtyTableOfALocalRun(t *testing.T) {
	_, dir, got := refusing(t, `, "dirty": {"table": "ops.bad", "location": "file://DIR/table", "path": "file://DIR/four"}`)
	got.want(t, 0, "CREATE EXTERNAL TABLE IF NOT EXISTS ops.bad", "LOCATION 'file://"+dir, "ADD IF NOT EXISTS PARTITION", "SELECT * FROM ops.bad WHERE dt = '", "dirty      file://"+dir+"/four")
	for pattern, rows := range map[string]int{"/table/dt=*/job=notes/r1@*": 3, "/four/r1@*": 3} {
		files, err := filepath.Glob(dir + pattern)
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		text, err := os.ReadFile(files[0])
		if err != nil || strings.Count(string(text), "\n") != rows {
			t.Errorf("%s: %q, %v", pattern, text, err)
		}
	}
	_, _, bad := refusing(t, `, "dirty": {"table": "a.b.c", "location": "/x"}`)
	bad.want(t, 2, "E2106", "database.table")
	_, _, bad = refusing(t, `, "dirty": {"location": "/x", "metastore": "http://h"}`)
	bad.want(t, 2, "E2106", "only thrift")
}

// check says what is wrong with the place, and warns where nobody answers yet.
func TestCheckDirtyPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/in.csv", "id\n1\n")
	check := func(dirty string, args ...string) ran {
		text := fmt.Sprintf(`{"weft": 1, "name": "notes", "job": {"content": [{
		  "reader": {"name": "csv", "parameter": {"path": ["%[1]s/in.csv"], "header": true, "column": [{"name": "id", "type": "long"}]}},
		  "writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": "%[1]s/out"}}}], "setting": {"dirty": %[2]s}}}`, dir, dirty)
		return weft(t, nil, append([]string{"check", write(t, dir+"/job.json", text)}, args...)...)
	}
	check(`{"table": "a.b.c", "location": "/x"}`).want(t, 2, "E2106", "database.table")
	got := check(fmt.Sprintf(`{"location": "file://%s/t", "metastore": "thrift://127.0.0.1:1"}`, dir), "--connect")
	if !strings.Contains(got.stdout, "dirty rows cannot be laid out at the moment") || !strings.Contains(got.stdout, "connection refused") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got = check(fmt.Sprintf(`{"location": "file://%s/t"}`, dir), "--connect")
	if !strings.Contains(got.stdout, "Hive table default.weft_dirty in file://"+dir+"/t, no metastore") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}
