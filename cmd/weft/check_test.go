package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/internal/fault"
	"weft/yarnrpc/yarntest"
)

const toFiles = `{"weft": 1, "job": {"setting": %s, "content": [{
  "reader": {"name": "stream", "parameter": {"rows": 10, "column": [{"name": "id", "type": "id"}]}},
  "writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": "%s"}}}]}}`

func filesJob(t *testing.T, setting string) string {
	t.Helper()
	return jobFile(t, fmt.Sprintf(toFiles, setting, filepath.Join(t.TempDir(), "out")))
}

// closedPort is an address that refuses connections.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// hadoopDir is a Hadoop configuration whose files lie on the local disk.
func hadoopDir(t *testing.T, manager string) string {
	t.Helper()
	dir := t.TempDir()
	site := func(name string, pairs ...string) {
		var b strings.Builder
		b.WriteString("<configuration>")
		for i := 0; i < len(pairs); i += 2 {
			fmt.Fprintf(&b, "<property><name>%s</name><value>%s</value></property>", pairs[i], pairs[i+1])
		}
		b.WriteString("</configuration>")
		write(t, filepath.Join(dir, name), b.String())
	}
	site("core-site.xml", "fs.defaultFS", "file:///")
	site("yarn-site.xml", "yarn.resourcemanager.address", manager)
	return dir
}

// Every job that ships loads, as it stands.
func TestShippedJobsCheck(t *testing.T) {
	paths, err := filepath.Glob("../../conf/jobs/*.json")
	if err != nil || len(paths) < 4 {
		t.Fatalf("%d jobs: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			params := "host=h,database=d,table=t,user=u,passwordFile=/pw,target=/t,targetHost=h2,targetDatabase=d2,bizdate=20260301"
			r := weft(t, []string{"SHOP_PASSWORD=x"}, "check", path, "-p", params)
			r.want(t, 0, "OK    job")
			if strings.Contains(r.stdout, "warning[") {
				t.Errorf("warnings:\n%s", r.stdout)
			}
		})
	}
}

// The shapes that circulate load with the real plugins too.
func TestCirculatingShapesCheck(t *testing.T) {
	paths, err := filepath.Glob("../../internal/job/testdata/good/*.json")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d jobs: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			weft(t, []string{"DB_PW=x"}, "check", path, "-p", "table=t").want(t, 0, "OK    job")
		})
	}
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	path := jobFile(t, `{"weft": 1, "job": {"setting": {"speed": {"chanel": 2}}, "content": [{
	  "reader": {"name": "mysql", "parameter": {"url": "jdbc:mysql://h/d", "table": "${table}", "splitPK": "id", "password": "geheim-4711"}},
	  "writer": {"name": "hfds", "parameter": {"path": "/x"}}}]}}`)
	r := weft(t, nil, "check", path)
	r.want(t, fault.ExitUsage, path+":1:", `did you mean "channel"?`, `did you mean "splitPk"?`, "variable table has no value",
		`did you mean "hdfs"?`, "E2103", "E2104", "E2010", "FAIL  job", "4 errors")
	if strings.Contains(r.stdout+r.stderr, "geheim-4711") {
		t.Error("the password was shown")
	}
	o := weft(t, nil, "check", path, "-o", "json").object(t)
	list, _ := o["diagnostics"].([]any)
	if o["ok"] != false || o["exit_code"] != float64(2) || len(list) != 5 {
		t.Errorf("%d diagnostics, %v", len(list), o)
	}
}

func TestCheckStrict(t *testing.T) {
	path := jobFile(t, `{"job": {"content": [{"reader": {"name": "streamreader", "parameter": {"rows": 1, "colum": [], "column": [{"type": "id"}]}},
	  "writer": {"name": "streamwriter", "parameter": {"print": false}}}]}}`)
	weft(t, nil, "check", path).want(t, 0, "warning[E2104]", `did you mean "column"?`)
	weft(t, nil, "check", path, "--strict").want(t, fault.ExitUsage, "error[E2104]")
}

func TestCheckReadsStandardInput(t *testing.T) {
	text := fmt.Sprintf(toFiles, "{}", "/tmp/x")
	var stdout, stderr strings.Builder
	e := &env{stdin: strings.NewReader(text), stdout: &stdout, stderr: &stderr, environ: []string{"WEFT_CONF_DIR=" + confDir(t, "{}")}}
	if code := e.main(t.Context(), []string{"check", "-"}); code != 0 || !strings.Contains(stdout.String(), "stream -> hdfs") {
		t.Errorf("exit code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}

func TestCheckMissingFile(t *testing.T) {
	path := filesJob(t, "{}")
	r := weft(t, nil, "check", strings.TrimSuffix(path, "job.json")+"jop.json")
	r.want(t, fault.ExitUsage, "E2002", "no such file", `did you mean "job.json"?`)
}

func TestCheckConnect(t *testing.T) {
	r := weft(t, nil, "check", filesJob(t, "{}"), "--connect")
	r.want(t, 0, "OK    writer", "OK    plan", "NOTE  cluster", "HADOOP_CONF_DIR")
}

func TestCheckConnectServerDown(t *testing.T) {
	path := jobFile(t, fmt.Sprintf(`{"weft": 1, "job": {"content": [{
	  "reader": {"name": "mysql", "parameter": {"url": "jdbc:mysql://%s/d", "table": "t", "username": "u", "password": "${env:DB_PW}"}},
	  "writer": {"name": "null"}}]}}`, closedPort(t)))
	r := weft(t, []string{"DB_PW=geheim-4711"}, "check", path, "--connect")
	r.want(t, fault.ExitTemporary, "FAIL", "E3001", "connection refused")
	if strings.Contains(r.stdout+r.stderr, "geheim-4711") {
		t.Error("the password was shown")
	}
	weft(t, nil, "check", path, "--connect").want(t, fault.ExitUsage, "E2121", "environment variable DB_PW is not set")
}

func TestCheckConnectTargetCannotBeWritten(t *testing.T) {
	target := write(t, filepath.Join(t.TempDir(), "file"), "")
	path := jobFile(t, fmt.Sprintf(toFiles, "{}", target))
	if r := weft(t, nil, "check", path, "--connect"); r.code == 0 || !strings.Contains(r.stdout, "FAIL  writer") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
}

func TestCheckCluster(t *testing.T) {
	manager := yarntest.NewRM(t)
	manager.AddNode(8192, 8)
	environ := []string{"HADOOP_CONF_DIR=" + hadoopDir(t, manager.ClientAddrs()[0]), "HADOOP_USER_NAME=tester"}
	staging := `"staging": "` + t.TempDir() + `/runs"`
	for _, tt := range []struct {
		name, yarn string
		code       int
		texts      []string
	}{
		{"good", `{` + staging + `}`, 0, []string{`queue "default" takes applications`, "containers of 1024 MiB", "will be made in"}},
		{"queue", `{` + staging + `, "queue": "nosuch"}`, fault.ExitUsage, []string{"FAIL  yarn", "E6003", `queue "nosuch" does not exist`}},
		{"memory", `{` + staging + `, "containerMemoryMiB": 9000}`, fault.ExitUsage, []string{"FAIL  yarn", "9000 MiB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filesJob(t, `{"yarn": `+tt.yarn+`}`)
			weft(t, environ, "check", path, "--connect").want(t, tt.code, tt.texts...)
		})
	}
}

func TestCheckClusterTrouble(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "gone")
	r := weft(t, []string{"HADOOP_CONF_DIR=" + missing}, "check", filesJob(t, "{}"), "--connect")
	r.want(t, fault.ExitUsage, "E2205", missing)
	secured := hadoopDir(t, closedPort(t))
	write(t, filepath.Join(secured, "core-site.xml"), "<configuration><property><name>hadoop.security.authentication</name><value>kerberos</value></property></configuration>")
	weft(t, []string{"HADOOP_CONF_DIR=" + secured}, "check", filesJob(t, "{}"), "--connect").want(t, fault.ExitDenied, "E5001", "Kerberos")
	// Nobody listens: a deadline ends the wait, and is named.
	environ := []string{"HADOOP_CONF_DIR=" + hadoopDir(t, closedPort(t)), "HADOOP_USER_NAME=tester"}
	path := filesJob(t, `{"timeout": {"call": "1s"}, "yarn": {"staging": "`+t.TempDir()+`"}}`)
	weft(t, environ, "check", path, "--connect").want(t, fault.ExitTemporary, "FAIL  yarn", "1s (timeout.call)")
}

func TestPlan(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	path := jobFile(t, fmt.Sprintf(toFiles, `{"speed": {"channel": 2}, "errorLimit": {"record": 5}}`, out))
	r := weft(t, nil, "plan", path)
	r.want(t, 0, "stream -> hdfs", "exactly-once", "dirty rows fail the job: above 5", "1 column:", "split", "of 1024 MiB",
		"will be made", "reader stream:", "queue default")
	if _, err := os.Stat(out); err == nil {
		t.Error("planning made the target")
	}
	o := weft(t, nil, "plan", path, "-o", "json").object(t)
	for _, key := range []string{"job", "columns", "target_columns", "splits", "remarks", "target", "size", "guarantee"} {
		if o[key] == nil {
			t.Errorf("no %q in %v", key, o)
		}
	}
}

func TestPlanOfABadJob(t *testing.T) {
	r := weft(t, nil, "plan", jobFile(t, `{"weft": 1}`), "-o", "json")
	r.want(t, fault.ExitUsage, "E2101")
	if list, _ := r.object(t)["diagnostics"].([]any); len(list) != 1 {
		t.Errorf("%s", r.stdout)
	}
}
