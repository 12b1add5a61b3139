package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
)

// Names of the cases on PostgreSQL.
const (
	casePsqlOut = "psqlout" // the server's own ways
	casePsqlIn  = "psqlin"
	casePgOut   = "pgout" // weft's
	casePgIn    = "pgin"
	pgLoaded    = "loaded"
)

// startPostgres starts the server and loads its tables, and the file that is
// loaded from.
func (p *place) startPostgres(ctx context.Context) (err error) {
	if !p.wantsPostgres() {
		return nil
	}
	server := map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "autovacuum": "on"}
	if p.postgres, err = cluster.StartPostgres(ctx, cluster.PostgresOptions{Server: server}); err != nil {
		return err
	}
	if err := dataset.LoadPostgres(ctx, p.postgres.URL(""), "bench", dataset.Bench(), p.rows, dataset.Seed); err != nil {
		return err
	}
	file, err := os.Create(p.pgFile())
	if err != nil {
		return err
	}
	defer file.Close()
	if err := dataset.Bench().WriteRows(file, p.rows, dataset.Seed); err != nil {
		return err
	}
	return p.postgres.Exec(ctx, "", "CREATE TABLE "+pgLoaded+" (LIKE bench INCLUDING ALL)", "SELECT count(*), sum(length(remark)) FROM bench")
}

func (p *place) wantsPostgres() bool { return p.only == "" || strings.Contains(p.only, "pg") }

// pgFile is the text file that is loaded from.
func (p *place) pgFile() string { return filepath.Join(p.dir, "rows.tsv") }

// postgresCases lists the ways out of PostgreSQL and into it; the ways in empty
// the table first.
func (p *place) postgresCases() []testCase {
	if p.postgres == nil {
		return nil
	}
	psql := func(name, title, command, output string) testCase {
		args := []string{"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", p.postgres.URL("")}
		for part := range strings.SplitSeq(command, "; ") {
			args = append(args, "-c", part)
		}
		return testCase{name: name, title: title, rows: p.rows, args: args, output: output}
	}
	weft := func(name, title, reader, writer string) testCase {
		return testCase{name: name, title: title, rows: p.rows, channel: 1, verb: "run", verify: "off", reader: reader, writer: writer}
	}
	return []testCase{
		psql(casePsqlOut, "`psql`: COPY TO STDOUT into a file", "COPY bench TO STDOUT", filepath.Join(p.dir, "psql.tsv")),
		weft(casePgOut, "PostgreSQL to text, 1 slot", p.pgReader(), p.files("file://"+filepath.Join(p.dir, "out", casePgOut))),
		psql(casePsqlIn, "`psql`: COPY FROM a file", "TRUNCATE "+pgLoaded+`; \copy `+pgLoaded+" FROM '"+p.pgFile()+"'", ""),
		weft(casePgIn, "text file to PostgreSQL, exactly-once, 1 slot", p.text("file://"+p.pgFile()), p.pgWriter()),
	}
}

func (p *place) pgReader() string {
	return fmt.Sprintf(`{"name":"postgresqlreader","parameter":{"username":%q,"password":%q,"column":["*"],
		"connection":[{"jdbcUrl":["jdbc:postgresql://%s/%s?sslmode=disable"],"table":["bench"]}]}}`, p.user, p.password, p.postgres.Addr(), p.schema)
}

func (p *place) pgWriter() string {
	return fmt.Sprintf(`{"name":"postgresqlwriter","parameter":{"username":%q,"password":%q,"preSql":["TRUNCATE %s"],
		"connection":[{"jdbcUrl":"jdbc:postgresql://%s/%s?sslmode=disable","table":[%q]}],
		"column":["id","user_id","status","created_at","amount","city","name","remark"]}}`,
		p.user, p.password, pgLoaded, p.postgres.Addr(), p.schema, pgLoaded)
}

// printPostgres prints the ratios that goals are set for.
func printPostgres(w io.Writer, samples map[string][]sample) {
	for _, c := range []struct{ weft, own, title string }{
		{casePgOut, casePsqlOut, "PostgreSQL to text against psql's COPY TO"},
		{casePgIn, casePsqlIn, "text file to PostgreSQL against psql's COPY FROM of the same file"},
	} {
		if len(samples[c.weft]) == 0 || len(samples[c.own]) == 0 {
			continue
		}
		wall := func(name string) time.Duration { return median(samples[name], wallOf) }
		fmt.Fprintf(w, "%s: %.2f of the rows/s\n", c.title, wall(c.own).Seconds()/wall(c.weft).Seconds())
	}
}
