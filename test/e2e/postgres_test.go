package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
			"-p", "target=" + pg.Addr() + "/" + database}, params...)
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
