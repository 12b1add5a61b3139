package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// refusal is a submit that must end before anything was touched.
type refusal struct {
	name  string
	job   func(*refused) string // the job file
	env   func(*refused) []string
	args  []string
	exit  int
	code  string
	texts []string // beside the code, in the output
}

// refused is what the cases are made of.
type refused struct {
	*testing.T
	*rig.Rig
	table  *rig.Table
	target string
}

// changed is the good job with other settings of reader, writer and job.
func (f *refused) changed(reader, writer, setting rig.Params) string {
	job := f.table.Job(f.target, 1, nil)
	job.Reader.Parameter = job.Reader.Parameter.And(reader)
	job.Writer.Parameter = job.Writer.Parameter.And(writer)
	job.Setting = job.Setting.And(setting)
	return job.JSON(f.T)
}

// nobodyListens is a port that no server of the tests uses.
const nobodyListens = "127.0.0.1:1"

// readFrom is the reader's connection to another server or table.
func (f *refused) readFrom(url, table string) rig.Params {
	return rig.Params{"connection": []any{map[string]any{"jdbcUrl": []string{url}, "table": []string{table}}}}
}

var refusals = []refusal{
	{name: "json", job: func(f *refused) string { return strings.Replace(f.changed(nil, nil, nil), `"writer":`, `"writer"`, 1) },
		exit: 2, code: "E2003", texts: []string{"job.json:"}},
	{name: "plugin", job: func(f *refused) string {
		return strings.Replace(f.changed(nil, nil, nil), "mysqlreader", "mysqlreadr", 1)
	}, exit: 2, code: "E2103", texts: []string{`"mysqlreadr"`, "job.json:", "mysql"}},
	{name: "key", job: func(f *refused) string { return f.changed(rig.Params{"splitPK": "id"}, nil, nil) },
		exit: 2, code: "E2104", texts: []string{`"splitPK"`, `did you mean "splitPk"?`, "job.json:"}},
	{name: "variable", job: func(f *refused) string { return f.changed(rig.Params{"where": "id < ${most}"}, nil, nil) },
		exit: 2, code: "E2010", texts: []string{"most"}},
	{name: "column", job: func(f *refused) string { return f.changed(rig.Params{"column": []string{"id", "nosuch"}}, nil, nil) },
		exit: 2, code: "E3004", texts: []string{"nosuch"}},
	{name: "table", job: func(f *refused) string { return f.changed(f.readFrom(f.table.JDBC(), "nosuch"), nil, nil) },
		exit: 2, code: "E3004", texts: []string{"nosuch"}},
	{name: "down", job: func(f *refused) string {
		return f.changed(f.readFrom("jdbc:mysql://"+nobodyListens+"/shop", "orders"), nil, nil)
	}, exit: 5, code: "E3001", texts: []string{nobodyListens}},
	{name: "password", job: func(f *refused) string { return f.changed(rig.Params{"password": "wrong"}, nil, nil) },
		exit: 6, code: "E3002", texts: []string{"test"}},
	{name: "right", job: func(f *refused) string {
		user := f.table.Schema + "_u"
		f.table.Exec(f.T, fmt.Sprintf("CREATE USER %s IDENTIFIED BY 'secret1'", user), "CREATE TABLE other (a INT)",
			fmt.Sprintf("GRANT SELECT ON %s.other TO %s", f.table.Schema, user))
		return f.changed(rig.Params{"username": user, "password": "secret1"}, nil, nil)
	}, exit: 6, code: "E3003", texts: []string{"orders"}},
	{name: "folder", job: func(f *refused) string { return f.changed(nil, rig.Params{"path": f.target + "/locked/deep"}, nil) },
		env: func(f *refused) []string {
			f.mkdir("/user/mallory", "mallory")
			f.mkdir(f.target+"/locked", f.Hadoop.Superuser())
			return []string{"HADOOP_USER_NAME=mallory"}
		}, exit: 6, code: "E3003", texts: []string{"/locked", "mallory"}},
	{name: "home", job: func(f *refused) string { return f.changed(nil, nil, nil) },
		env: func(*refused) []string { return []string{"HADOOP_USER_NAME=homeless"} }, exit: 6, texts: []string{"/user", "homeless"}},
	{name: "queue", job: func(f *refused) string {
		return f.changed(nil, nil, rig.Params{"yarn": rig.Params{"queue": "nowhere"}})
	}, exit: 2, code: "E6003", texts: []string{`"nowhere"`, "etl"}},
	{name: "size", job: func(f *refused) string {
		return f.changed(nil, nil, rig.Params{"yarn": rig.Params{"containerMemoryMiB": 100_000}})
	}, exit: 2, code: "E6003", texts: []string{"100000", "8192"}},
	{name: "manager", job: func(f *refused) string { return f.changed(nil, nil, nil) },
		env:  func(f *refused) []string { return []string{"HADOOP_CONF_DIR=" + f.confWithout(f.Hadoop.RMAddr)} },
		exit: 5, code: "E6002", texts: []string{nobodyListens}},
	{name: "namenode", job: func(f *refused) string { return f.changed(nil, nil, nil) },
		env:  func(f *refused) []string { return []string{"HADOOP_CONF_DIR=" + f.confWithout(f.Hadoop.NNAddr)} },
		exit: 5, texts: []string{nobodyListens}},
	{name: "conf", job: func(f *refused) string { return f.changed(nil, nil, nil) },
		env:  func(*refused) []string { return []string{"HADOOP_CONF_DIR=/nonexistent/conf"} },
		exit: 2, code: "E2205", texts: []string{"/nonexistent/conf"}},
	{name: "noconf", job: func(f *refused) string { return f.changed(nil, nil, nil) },
		env:  func(*refused) []string { return []string{"HADOOP_CONF_DIR="} },
		exit: 2, code: "E2205", texts: []string{"HADOOP_CONF_DIR"}},
}

func (f *refused) mkdir(dir, owner string) {
	if err := f.Hadoop.Mkdir(f.Context(), dir, owner, "755"); err != nil {
		f.Fatal(err)
	}
}

// impatient makes clients give up soon.
const impatient = "<property><name>dfs.client.failover.max.attempts</name><value>1</value></property></configuration>"

// confWithout is the client's configuration with one address changed to one where nobody listens.
func (f *refused) confWithout(addr string) string {
	dir := f.TempDir()
	files, err := filepath.Glob(filepath.Join(f.Hadoop.ConfDir(), "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			text = []byte(strings.NewReplacer(addr, nobodyListens, "</configuration>", impatient).Replace(string(text)))
			err = os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600)
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	return dir
}

// refusalLimit is how long a refusal may take: daemons that do not answer are tried again for a while.
const refusalLimit = 90 * time.Second

// What is wrong is said with a code, before anything was touched: no application, no run folder, nothing in the target.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := r.Table(t, dataset.Bench(), 10)
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			f := &refused{T: t, Rig: r, table: table, target: r.Target(t)}
			call := rig.Call{Args: append([]string{"submit", rig.File(t, "job.json", tt.job(f)), "--run-id", "refused-" + tt.name}, tt.args...)}
			if tt.env != nil {
				call.Env = tt.env(f)
			}
			got := r.Run(t, call)
			texts := tt.texts
			if tt.code != "" {
				texts = append(texts, "error["+tt.code+"]")
			}
			got.Want(t, tt.exit, texts...)
			if got.Took > refusalLimit {
				t.Errorf("took %s", got.Took)
			}
			f.untouched(got, "refused-"+tt.name)
		})
	}
}

func (f *refused) untouched(got rig.Ran, run string) {
	f.Helper()
	if got.Stdout != "" || strings.Contains(got.Stderr, "Submitted application") {
		f.Errorf("the job was submitted:\n%s%s", got.Stdout, got.Stderr)
	}
	if strings.Contains(got.Stderr, "wrong") || strings.Contains(got.Stderr, "secret1") {
		f.Errorf("a password is told:\n%s", got.Stderr)
	}
	for _, user := range []string{f.Hadoop.Superuser(), "mallory"} {
		if left := f.Names(f.T, "/user/"+user+"/.weft/runs/"+run); len(left) > 0 {
			f.Errorf("the run folder holds %v", left)
		}
	}
	f.Nothing(f.T, f.target+"/locked")
	for _, name := range f.Names(f.T, f.target) {
		if name != "locked" {
			f.Errorf("the target holds %s", name)
		}
	}
}
