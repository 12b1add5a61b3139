package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/compare"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// The shipped jobs of PostgreSQL, as they stand: a table of MySQL into PostgreSQL, twice, and from there into files.
func TestPostgresJobs(t *testing.T) {
	t.Parallel()
	pg := shared.Postgres(t)
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	const rows = 20_000
	table := r.Table(t, dataset.Bench(), rows)
	database, err := pg.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := dataset.LoadPostgres(t.Context(), pg.URL(database), "orders", dataset.Bench(), 0, dataset.Seed); err != nil {
		t.Fatal(err)
	}
	secret := rig.File(t, "secret", cluster.DatabasePassword)
	params := []string{"-p", "user=" + cluster.DatabaseUser, "-p", "passwordFile=" + secret, "-p", "table=orders"}
	for range 2 {
		args := append([]string{"run", jobPath(t, "mysql-to-postgresql.json"), "-p", "host=" + r.DB.Addr(), "-p", "database=" + table.Schema,
			"-p", "targetHost=" + pg.Addr(), "-p", "targetDatabase=" + database}, params...)
		r.Weft(t, args...).Want(t, 0, "SUCCEEDED", "effectively-once")
	}
	out := t.TempDir() + "/out"
	args := append([]string{"run", jobPath(t, "postgresql-to-hdfs.json"), "-p", "host=127.0.0.1", "-p", fmt.Sprint("port=", pg.Port),
		"-p", "database=" + database, "-p", "target=file://" + out}, params...)
	r.Weft(t, args...).Want(t, 0, "SUCCEEDED")
	for _, dsn := range []string{pg.URL(database), r.DB.DSN(table.Schema)} { // the files are both tables' rows
		report, err := compare.Run(t.Context(), compare.Options{DSN: dsn, Table: "orders", Folder: compare.Local(out), Escape: true, EscapeCRLF: true})
		if err != nil || !report.Equal() || report.FileRows != rows {
			t.Errorf("%v\n%s", err, report)
		}
	}
}

// Every type that the data set has comes out of PostgreSQL as PostgreSQL itself prints it.
func TestPostgresTypesToFiles(t *testing.T) {
	t.Parallel()
	pg := shared.Postgres(t)
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	database, err := pg.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := dataset.LoadPostgres(t.Context(), pg.URL(database), "wide", dataset.Wide(), 5000, dataset.Seed); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir() + "/out"
	secret := rig.File(t, "secret", cluster.DatabasePassword)
	r.Weft(t, "run", jobPath(t, "postgresql-to-hdfs.json"), "-p", "host=127.0.0.1", "-p", fmt.Sprint("port=", pg.Port), "-p", "database="+database,
		"-p", "table=wide", "-p", "target=file://"+out, "-p", "user="+cluster.DatabaseUser, "-p", "passwordFile="+secret).Want(t, 0, "SUCCEEDED")
	report, err := compare.Run(t.Context(), compare.Options{DSN: pg.URL(database), Table: "wide", Folder: compare.Local(out), Escape: true, EscapeCRLF: true})
	if err != nil || !report.Equal() || report.FileRows != 5000 {
		t.Errorf("%v\n%s", err, report)
	}
}

// A target that is killed in mid-run, twice, holds each row once when the run has ended.
func TestPostgresTargetKilled(t *testing.T) {
	t.Parallel()
	pg, err := cluster.StartPostgres(t.Context(), cluster.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Close() })
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	const rows = 60_000
	if err := dataset.LoadPostgres(t.Context(), pg.URL(""), "source", dataset.Bench(), rows, dataset.Seed); err != nil {
		t.Fatal(err)
	}
	if err := pg.Exec(t.Context(), "", "CREATE TABLE target (LIKE source INCLUDING ALL)"); err != nil {
		t.Fatal(err)
	}
	side := func(table, more string) string {
		return fmt.Sprintf(`{"name": "postgresql", "parameter": {"url": "postgresql://%s/%s?sslmode=disable", "username": %q, "password": %q, "table": %q%s}}`,
			pg.Addr(), cluster.DatabaseSchema, cluster.DatabaseUser, cluster.DatabasePassword, table, more)
	}
	job := rig.File(t, "job.json", fmt.Sprintf(`{"weft": 1, "name": "pg", "job": {"setting": {"speed": {"channel": 2, "record": 20000}, "unitBytes": 524288},
		"content": [{"reader": %s, "writer": %s}]}}`, side("source", ""), side("target", "")))
	w := r.Start(t, rig.Call{Args: []string{"run", job, "-o", "json"}})
	for range 2 {
		if err := cluster.Await(t.Context(), time.Minute, "units in the target", func(ctx context.Context) error { return someUnits(ctx, pg) }); err != nil {
			t.Fatal(err)
		}
		if err := pg.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.Wait(t).Want(t, 0)
	got, err := pg.Query(t.Context(), "", "SELECT count(*), count(*) FILTER (WHERE t IS NOT DISTINCT FROM s) FROM source s FULL JOIN target t USING (id)")
	if err != nil || *got[0][0] != fmt.Sprint(rows) || *got[0][1] != fmt.Sprint(rows) {
		t.Errorf("rows %s, equal %s: %v", *got[0][0], *got[0][1], err)
	}
}

// A table without a key, whose rows move all the time, is cut by its blocks and read as of one moment: what is in it adds
// up, and each row is there once.
func TestPostgresSnapshotWhileRowsMove(t *testing.T) {
	t.Parallel()
	pg := shared.Postgres(t)
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	database, err := pg.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const rows = 40_000
	err = pg.Exec(t.Context(), database, "CREATE TABLE purses (who int, coins int)",
		fmt.Sprintf("INSERT INTO purses SELECT i, 10 FROM generate_series(1, %d) i", rows), "CREATE INDEX ON purses (who)", "ANALYZE purses")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	moved := make(chan int, 1)
	go func() { // ends with ctx; waited for below
		n := 0
		for ; ctx.Err() == nil; n++ {
			move := fmt.Sprintf("UPDATE purses SET coins = coins + CASE WHEN who < %[1]d THEN 1 ELSE -1 END WHERE who BETWEEN %[1]d - 50 AND %[1]d + 49", 100+n*7919%(rows-200))
			if err := pg.Exec(ctx, database, move); err != nil {
				break
			}
		}
		moved <- n
	}()
	out := t.TempDir() + "/out"
	job := rig.File(t, "job.json", fmt.Sprintf(`{"weft": 1, "name": "purses", "job": {"setting": {"speed": {"channel": 2}, "consistency": "snapshot"}, "content": [{
		"reader": {"name": "postgresql", "parameter": {"url": "postgresql://%s/%s?sslmode=disable", "username": %q, "password": %q, "table": "purses"}},
		"writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q, "fieldDelimiter": ","}}}]}}`,
		pg.Addr(), database, cluster.DatabaseUser, cluster.DatabasePassword, out))
	got := r.Run(t, rig.Call{Args: []string{"run", job, "-o", "json"}})
	stop()
	if n := <-moved; n == 0 {
		t.Error("nothing moved")
	}
	got.Want(t, 0, `"consistency": "snapshot"`)
	names, err := compare.Local(out).List(t.Context())
	if err != nil || len(names) < 2 {
		t.Fatalf("files %q: %v", names, err)
	}
	seen, coins := map[int]bool{}, 0
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var who, has int
			if _, err := fmt.Sscanf(line, "%d,%d", &who, &has); err != nil || seen[who] {
				t.Fatalf("row %q, seen %v: %v", line, seen[who], err)
			}
			seen[who] = true
			coins += has
		}
	}
	if len(seen) != rows || coins != 10*rows {
		t.Errorf("%d rows with %d coins, want %d with %d", len(seen), coins, rows, 10*rows)
	}
}

func jobPath(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../conf/jobs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// someUnits wants a unit in the target that was not there when the server was started.
func someUnits(ctx context.Context, pg *cluster.Postgres) error {
	rows, err := pg.Query(ctx, "", "SELECT 1 FROM _weft_checkpoint WHERE split >= 0 AND sequence >= 0 AND changed > pg_postmaster_start_time()")
	if err == nil && len(rows) == 0 {
		err = errors.New("there is none")
	}
	return err
}
