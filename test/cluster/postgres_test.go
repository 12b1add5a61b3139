package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func askPostgres(ctx context.Context, t *testing.T, p *Postgres, database, question, want string) {
	t.Helper()
	rows, err := p.Query(ctx, database, question)
	if err != nil {
		t.Error(err)
	} else if got := *rows[0][0]; !strings.Contains(got, want) {
		t.Errorf("%s: %q does not contain %q", question, got, want)
	}
}

func TestPostgresServes(t *testing.T) {
	ctx := testContext(t, time.Minute)
	p := shared.Postgres(t)
	a, err := p.NewDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.NewDatabase(ctx)
	if err != nil || a == b {
		t.Fatalf("databases %q and %q: %v", a, b, err)
	}
	askPostgres(ctx, t, p, a, "SELECT current_database()", a)
	askPostgres(ctx, t, p, "", "SHOW timezone", "UTC")
	askPostgres(ctx, t, p, "", "SHOW server_encoding", "UTF8")
	askPostgres(ctx, t, p, "", "SHOW server_version", p.Version)
}

func TestPostgresSpeaksTLS(t *testing.T) {
	ctx := testContext(t, time.Minute)
	p := shared.Postgres(t)
	base := strings.TrimSuffix(p.URL(""), "sslmode=disable")
	conn, err := pgx.Connect(ctx, base+"sslmode=verify-full&sslrootcert="+p.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	var encrypted bool
	err = conn.QueryRow(ctx, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted)
	if err != nil || !encrypted {
		t.Errorf("encrypted %v, error %v", encrypted, err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestPostgresSurvivesKill(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	p := shared.Postgres(t)
	database, err := p.NewDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Exec(ctx, database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	before := p.Pid()
	if err := p.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Query(ctx, database, "SELECT 1"); err == nil || p.Pid() != 0 {
		t.Errorf("a killed server answers: %v, pid %d", err, p.Pid())
	}
	if err := p.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if p.Pid() == 0 || p.Pid() == before {
		t.Errorf("pid %d, before %d", p.Pid(), before)
	}
	askPostgres(ctx, t, p, database, "SELECT count(*) FROM t", "2")
}

func TestPostgresPauses(t *testing.T) {
	ctx := testContext(t, time.Minute)
	p := shared.Postgres(t)
	conn, err := pgx.Connect(ctx, p.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if err := conn.Ping(short); err == nil {
		t.Error("a paused server answered")
	}
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	askPostgres(ctx, t, p, "", "SELECT 1", "1")
}

func TestPostgresOptions(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	p, err := StartPostgres(ctx, PostgresOptions{Server: map[string]string{"work_mem": "'5MB'"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	askPostgres(ctx, t, p, "", "SHOW work_mem", "5MB")
	if _, err := StartPostgres(ctx, PostgresOptions{Server: map[string]string{"no_such_option": "1"}}); err == nil || !strings.Contains(err.Error(), "contains errors") {
		t.Errorf("an unknown option: %v", err)
	}
}
