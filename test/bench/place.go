package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
)

// place is where the cases run: servers, a folder, the table.
type place struct {
	options
	dir                  string
	database             *cluster.Database
	hadoop               *cluster.Hadoop
	postgres             *cluster.Postgres // nil if no case asks for it
	address, host, port  string
	schema               string
	user, password, hdfs string
	env                  []string
	floorProgram         string
}

// prepare starts the servers and loads the tables.
func prepare(ctx context.Context, o options) (*place, error) {
	p := &place{options: o, user: cluster.DatabaseUser, password: cluster.DatabasePassword, schema: cluster.DatabaseSchema}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *place) start(ctx context.Context) (err error) {
	if p.weft, err = filepath.Abs(p.weft); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "weft-bench"); err != nil {
		return err
	}
	// The table fits into memory: what is measured is the way, not the disk.
	server := map[string]string{"innodb_buffer_pool_size": "2G"}
	if p.database, err = cluster.StartMariaDB(ctx, cluster.DatabaseOptions{Server: server}); err != nil {
		return err
	}
	p.address = p.database.Addr()
	if p.host, p.port, err = net.SplitHostPort(p.address); err != nil {
		return err
	}
	if err := p.load(ctx); err != nil {
		return err
	}
	if err := p.startPostgres(ctx); err != nil {
		return err
	}
	p.hadoop, err = cluster.StartHadoop(ctx, cluster.HadoopOptions{NodeManagers: 2})
	if err != nil {
		return err
	}
	if p.floorProgram, err = buildFloor(ctx, p.dir); err != nil {
		return err
	}
	p.hdfs = "hdfs://" + p.hadoop.NNAddr
	p.env = []string{"HADOOP_CONF_DIR=" + p.hadoop.ConfDir(), "HOME=" + p.dir}
	return nil
}

func (p *place) load(ctx context.Context) error {
	pool, err := sql.Open("mysql", p.database.DSN(""))
	if err != nil {
		return err
	}
	defer pool.Close()
	for table, rows := range map[string]int64{"bench": p.rows, "tenrows": 10} {
		if err := dataset.Load(ctx, pool, table, dataset.Bench(), rows, dataset.Seed); err != nil {
			return err
		}
		if _, err := pool.ExecContext(ctx, "ANALYZE TABLE "+table); err != nil {
			return err
		}
		// Read once, so that the first case is not the one that warms up.
		if _, err := pool.ExecContext(ctx, "SELECT COUNT(*), SUM(LENGTH(remark)) FROM "+table); err != nil {
			return err
		}
	}
	return makeLoaded(ctx, pool)
}

// check reads a run's result: a run that moved another number of rows than the
// table has is no measurement.
func (p *place) check(path string, c testCase, s *sample) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var result struct {
		State   string `json:"state"`
		Written int64  `json:"rows_written"`
	}
	if err := json.Unmarshal(data, &result); err != nil {
		return fmt.Errorf("result of %s: %w", c.name, err)
	}
	if result.State != "SUCCEEDED" || result.Written != c.rows {
		return fmt.Errorf("%s ended %s with %d rows written, want %d", c.name, result.State, result.Written, c.rows)
	}
	s.Rows = result.Written
	return nil
}

func (p *place) close() error {
	var errs []error
	if p.hadoop != nil {
		errs = append(errs, p.hadoop.Close())
	}
	if p.postgres != nil {
		errs = append(errs, p.postgres.Close())
	}
	if p.database != nil {
		errs = append(errs, p.database.Close())
	}
	if p.dir != "" {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	return errors.Join(errs...)
}

// floor builds the program of the smallest application and returns its command.
func (p *place) floor() []string { return []string{p.floorProgram} }

func buildFloor(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "floor")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", path, "./test/bench/floor")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build floor: %w\n%s", err, out)
	}
	return path, nil
}
