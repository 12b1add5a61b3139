package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Names of the cases that fill a table from the text file that the server's own
// client has written (caseClient).
const (
	caseLoad      = "load"      // the server's own way
	caseIn        = "in"        // weft, LOAD DATA LOCAL allowed
	caseInPlain   = "inplain"   // weft, only INSERTs
	caseInStaging = "instaging" // weft, into a staging table
	loadedTable   = "loaded"
)

// loadCases lists the ways into MySQL. All of them empty the table first.
func (p *place) loadCases() []testCase {
	file := filepath.Join(p.dir, "client.tsv")
	weft := func(name, title, settings string) testCase {
		return testCase{name: name, title: title, rows: p.rows, channel: 1, verb: "run", verify: "off",
			reader: p.text("file://" + file), writer: p.into(settings)}
	}
	statement := fmt.Sprintf("TRUNCATE TABLE %s; LOAD DATA LOCAL INFILE '%s' INTO TABLE %s", loadedTable, file, loadedTable)
	load := []string{"mariadb", "--no-defaults", "--protocol=tcp", "-h", p.host, "-P", p.port, "-u", p.user, "-p" + p.password,
		"--local-infile=1", p.schema, "-e", statement}
	return []testCase{
		{name: caseLoad, title: "`mariadb`: LOAD DATA LOCAL INFILE of a file", rows: p.rows, args: load},
		weft(caseIn, "text file to MySQL, exactly-once, 1 slot", ""),
		weft(caseInPlain, "the same, LOAD DATA not allowed", `,"loadData":"never"`),
		weft(caseInStaging, "the same, into a staging table", `,"mode":"staging"`),
	}
}

// into writes to the table.
func (p *place) into(settings string) string {
	return fmt.Sprintf(`{"name":"mysqlwriter","parameter":{"username":%q,"password":%q,"writeMode":"insert",
		"preSql":["TRUNCATE TABLE %s"],"connection":[{"jdbcUrl":"jdbc:mysql://%s/%s?useSSL=false","table":[%q]}],
		"column":["id","user_id","status","created_at","amount","city","name","remark"]%s}}`,
		p.user, p.password, loadedTable, p.address, p.schema, loadedTable, settings)
}

// makeLoaded makes the table that the cases fill.
func makeLoaded(ctx context.Context, pool *sql.DB) error {
	_, err := pool.ExecContext(ctx, "CREATE TABLE "+loadedTable+" LIKE bench")
	return err
}

// printLoads prints the ratios that goals are set for.
func printLoads(w io.Writer, samples map[string][]sample) {
	for _, c := range [][2]string{{caseIn, "text file to MySQL"}, {caseInPlain, "text file to MySQL by INSERT"}} {
		name, title := c[0], c[1]
		if len(samples[name]) == 0 || len(samples[caseLoad]) == 0 {
			continue
		}
		wall := func(name string) time.Duration { return median(samples[name], wallOf) }
		fmt.Fprintf(w, "%s against LOAD DATA LOCAL INFILE of the same file: %.2f of the rows/s\n", title, wall(caseLoad).Seconds()/wall(name).Seconds())
	}
}
