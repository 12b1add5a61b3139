package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Names of the cases that others refer to.
const (
	caseStart     = "tenrows" // its CPU and time are the start-up taken off the others
	caseClient    = "client"  // the server's own client
	caseText      = "text1"
	caseText2     = "text2"
	caseFloor     = "floor"
	caseYARNStart = "yarnten" // as caseStart, for what runs on YARN
	caseYARN      = "yarn"
	caseHDFSRead  = "hdfsread"
)

// testCase is one row of the table.
type testCase struct {
	name, title string
	rows        int64
	// reader and writer are the ends of a weft job; args overrides the
	// whole command for what is not weft.
	reader, writer string
	channel        int
	verb           string
	verify         string
	args           []string
	output         string
}

// remote says that the work is done by other processes than the one started,
// whose CPU and memory are then nobody's.
func (c testCase) remote() bool { return c.verb == "submit" || c.name == caseFloor }

// cases lists what is measured, in the order of one round.
func (p *place) cases() []testCase {
	const off, count = "off", "count"
	const null = `{"name":"streamwriter","parameter":{"print":false}}`
	bench, ten := p.mysql("bench", false), p.mysql("tenrows", false)
	text := func(name string) string { return p.files("file://" + filepath.Join(p.dir, "out", name)) }
	hdfs := func(name string) string { return p.files(p.hdfs + "/out/" + name) }
	run := func(name, title string, rows int64, reader, writer string, verify string) testCase {
		return testCase{name: name, title: title, rows: rows, reader: reader, writer: writer, channel: 1, verb: "run", verify: verify}
	}
	on := func(verb string, channel int, c testCase) testCase {
		c.verb, c.channel = verb, channel
		return c
	}
	list := []testCase{
		run(caseStart, "`weft run`, 10 rows, MySQL to text", 10, ten, text("tenrows"), off),
		{name: caseClient, title: "`mariadb --quick --batch` into a file", rows: p.rows, args: p.client(), output: filepath.Join(p.dir, "client.tsv")},
		run(caseText, "MySQL to text, 1 slot", p.rows, bench, text("text1"), count),
		run("texttls", "MySQL to text, 1 slot, encrypted", p.rows, p.mysql("bench", true), text("texttls"), count),
		on("run", 2, run(caseText2, "MySQL to text, 2 slots", p.rows, bench, text("text2"), count)),
		run("null", "MySQL to null, 1 slot", p.rows, bench, null, off),
		run("generated", "generated rows to null", p.rows, p.generated(), null, off),
		run("hdfs", "MySQL to HDFS, 1 slot, without YARN", p.rows, bench, hdfs("hdfs"), count),
		{name: caseFloor, title: "YARN: an AM and a container that do nothing", args: p.floor()},
		on("submit", 1, run(caseYARNStart, "`weft submit`, 10 rows, MySQL to HDFS", 10, ten, hdfs("yarnten"), off)),
		on("submit", 1, run(caseYARN, "MySQL to HDFS on YARN, 1 slot", p.rows, bench, hdfs("yarn"), count)),
		run(caseHDFSRead, "text on HDFS to null, 1 slot", p.rows, p.text(p.hdfs+"/out/yarn"), null, off),
	}
	return append(append(list, p.loadCases()...), p.postgresCases()...)
}

// mysql reads a table, without encryption unless encrypted: the server's own
// client, with which it is compared, has none either.
func (p *place) mysql(table string, encrypted bool) string {
	return fmt.Sprintf(`{"name":"mysqlreader","parameter":{"username":%q,"password":%q,"column":["*"],"splitPk":"id",
		"connection":[{"jdbcUrl":["jdbc:mysql://%s/%s?useSSL=%t"],"table":[%q]}]}}`, p.user, p.password, p.address, p.schema, encrypted, table)
}

// text reads what files wrote.
func (p *place) text(uri string) string {
	return fmt.Sprintf(`{"name":"hdfsreader","parameter":{"path":%q,"fileType":"text","fieldDelimiter":"\t","column":[
		{"index":0,"type":"bigint"},{"index":1,"type":"int"},{"index":2,"type":"int"},{"index":3,"type":"timestamp"},
		{"index":4,"type":"decimal(12,2)"},{"index":5,"type":"string"},{"index":6,"type":"string"},{"index":7,"type":"string"}]}}`, uri)
}

func (p *place) files(uri string) string {
	return fmt.Sprintf(`{"name":"hdfswriter","parameter":{"path":%q,"fileType":"text","fieldDelimiter":"\t","writeMode":"overwrite"}}`, uri)
}

func (p *place) generated() string {
	return fmt.Sprintf(`{"name":"streamreader","parameter":{"sliceRecordCount":[%d],"column":[
		{"name":"id","type":"id"},{"name":"user_id","type":"int"},{"name":"status","type":"int"},{"name":"created_at","type":"timestamp"},
		{"name":"amount","type":"decimal"},{"name":"city","type":"string"},{"name":"name","type":"string"},{"name":"remark","type":"string"}]}}`, p.rows)
}

// client is the server's own client, told not to hold the result in memory.
func (p *place) client() []string {
	return []string{"mariadb", "--no-defaults", "--protocol=tcp", "-h", p.host, "-P", p.port, "-u", p.user, "-p" + p.password,
		"--quick", "--batch", "--skip-column-names", p.schema, "-e", "SELECT * FROM bench"}
}

// warm runs once, unmeasured, what a cluster does the first time only: the
// programs are uploaded and brought to the nodes.
func (p *place) warm(ctx context.Context, cases []testCase) error {
	for _, c := range cases {
		if c.name != caseFloor && c.name != caseYARNStart {
			continue
		}
		if _, err := p.measure(ctx, c); err != nil {
			return fmt.Errorf("warm up with %s: %w", c.name, err)
		}
	}
	return nil
}

// measure runs a case once.
func (p *place) measure(ctx context.Context, c testCase) (sample, error) {
	if c.args != nil {
		return command{Args: c.args, Env: p.env, Output: c.output}.run(ctx)
	}
	job := fmt.Sprintf(`{"job":{"content":[{"reader":%s,"writer":%s}],"setting":{"speed":{"channel":%d},"verify":%q}}}`,
		c.reader, c.writer, c.channel, c.verify)
	if err := p.clear(ctx, c.name); err != nil {
		return sample{}, err
	}
	path := filepath.Join(p.dir, c.name+".json")
	if err := os.WriteFile(path, []byte(job), 0o600); err != nil {
		return sample{}, err
	}
	result := filepath.Join(p.dir, c.name+".result.json")
	args := []string{p.weft, c.verb, path, "-o", "json"}
	s, err := command{Args: args, Env: p.env, Output: result}.run(ctx)
	if err != nil {
		return s, err
	}
	return s, p.check(result, c, &s)
}

// clear removes what the round before has written: an overwrite keeps what it
// replaces, and gigabytes on their way to the disk slow down whoever comes next.
func (p *place) clear(ctx context.Context, name string) error {
	if err := os.RemoveAll(filepath.Join(p.dir, "out", name)); err != nil {
		return err
	}
	return p.hadoop.Remove(ctx, "/out/"+name)
}
