package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Names of the cases that others refer to.
const (
	caseStart  = "tenrows" // its CPU is the start-up taken off the others
	caseClient = "client"  // the server's own client
	caseText   = "text1"
	caseFloor  = "floor"
	caseYARN   = "yarn"
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

// cases lists what is measured, in the order of one round.
func (p *place) cases() []testCase {
	bench, ten := p.mysql("bench"), p.mysql("tenrows")
	text := func(name string) string { return p.files("file://" + filepath.Join(p.dir, "out", name)) }
	null := `{"name":"streamwriter","parameter":{"print":false}}`
	return []testCase{
		{name: caseStart, title: "10 rows, MySQL to text", rows: 10, reader: ten, writer: text("tenrows"), channel: 1, verb: "run", verify: "off"},
		{name: caseClient, title: "`mariadb --quick --batch` into a file", rows: p.rows, args: p.client(), output: filepath.Join(p.dir, "client.tsv")},
		{name: caseText, title: "weft, MySQL to text, 1 slot", rows: p.rows, reader: bench, writer: text("text1"), channel: 1, verb: "run", verify: "checksum"},
		{name: "text2", title: "weft, MySQL to text, 2 slots", rows: p.rows, reader: bench, writer: text("text2"), channel: 2, verb: "run", verify: "checksum"},
		{name: "null", title: "weft, MySQL to null, 1 slot", rows: p.rows, reader: bench, writer: null, channel: 1, verb: "run", verify: "off"},
		{name: "generated", title: "weft, generated rows to null", rows: p.rows, reader: p.generated(), writer: null, channel: 1, verb: "run", verify: "off"},
		{name: caseFloor, title: "YARN: an AM and a container that do nothing", args: p.floor()},
		{name: "yarnten", title: "weft submit, 10 rows, MySQL to HDFS", rows: 10, reader: ten, writer: p.files(p.hdfs + "/out/yarnten"), channel: 1, verb: "submit", verify: "off"},
		{name: caseYARN, title: "weft submit, MySQL to HDFS, 1 slot", rows: p.rows, reader: bench, writer: p.files(p.hdfs + "/out/yarn"), channel: 1, verb: "submit", verify: "checksum"},
	}
}

func (p *place) mysql(table string) string {
	return fmt.Sprintf(`{"name":"mysqlreader","parameter":{"username":%q,"password":%q,"column":["*"],"splitPk":"id",
		"connection":[{"jdbcUrl":["jdbc:mysql://%s/%s"],"table":[%q]}]}}`, p.user, p.password, p.address, p.schema, table)
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

// measure runs a case once.
func (p *place) measure(ctx context.Context, c testCase) (sample, error) {
	if c.args != nil {
		return command{Args: c.args, Env: p.env, Output: c.output}.run(ctx)
	}
	job := fmt.Sprintf(`{"job":{"content":[{"reader":%s,"writer":%s}],"setting":{"speed":{"channel":%d},"verify":%q}}}`,
		c.reader, c.writer, c.channel, c.verify)
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
