package fault

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"weft/test/cluster/dataset"
	"weft/test/proxy"
	"weft/test/rig"
)

// The connections to the source are reset again and again, in two containers at the same time.
func TestF17SourceConnectionsReset(t *testing.T) {
	random := newRandom(t)
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), 40_000)
	p, err := proxy.Listen(r.DB.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &slow{Rig: r, table: table, target: r.Target(t), run: "run-" + table.Schema}
	job := table.Job(d.target, 3, nil)
	job.Reader.Parameter["connection"] = []any{map[string]any{"table": []string{table.Name},
		"jdbcUrl": []string{strings.Replace(table.JDBC(), r.DB.Addr(), p.Addr(), 1)}}}
	job.Setting["unitBytes"] = 300_000
	job.Setting["yarn"] = rig.Params{"slots": 2}
	left := 20
	p.CutEach(func() int64 { // planning is over after the first of them
		if left--; left < 0 {
			return -1
		}
		return 20_000 + random.Int64N(400_000)
	})
	d.file = job.File(t)
	d.weft = d.Start(t, d.call())
	d.app = d.weft.Application(t, r, d.run)
	result := d.succeeded(t)
	t.Logf("%d resets, %d splits in %d attempts", p.Cuts(), result.Splits, result.Attempts)
	if p.Cuts() < 8 {
		t.Errorf("only %d connections were reset", p.Cuts())
	}
}

// views are what a result says of the state of the source that was read.
type views struct {
	Consistency string `json:"consistency"`
	Snapshot    string `json:"snapshot"`
	Degraded    string `json:"degraded"`
}

const (
	accounts = 60_000
	each     = 100
)

// beginTransfers submits a run of a table of accounts while money moves between them, until the test ends.
func beginTransfers(t *testing.T, setting rig.Params) *slow {
	t.Helper()
	r := newRig(t)
	schema, pool := r.Schema(t)
	table := r.Named(schema, "accounts", accounts, pool)
	table.Exec(t, "CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, filler varchar(200) NOT NULL)",
		fmt.Sprintf("INSERT INTO accounts SELECT seq, %d, REPEAT('x', 200) FROM seq_1_to_%d", each, accounts), "ANALYZE TABLE accounts")
	d := &slow{Rig: r, table: table, target: r.Target(t), run: "run-" + schema}
	job := table.Job(d.target, 4, nil)
	job.Reader.Parameter["column"] = []string{"id", "balance"}
	job.Setting = job.Setting.And(rig.Params{"speed": rig.Params{"channel": 4, "record": 7000}, "unitBytes": 60_000,
		"yarn": rig.Params{"slots": 2}}).And(setting)
	d.file = job.File(t)

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan int, 1)
	go func() {
		n := 0
		for ctx.Err() == nil && d.transfer(ctx) == nil {
			n++
		}
		ended <- n
	}()
	t.Cleanup(func() {
		stop()
		if n := <-ended; n < 100 {
			t.Errorf("only %d transfers while the table was read", n)
		}
	})
	d.weft = d.Start(t, d.call())
	d.app = d.weft.Application(t, r, d.run)
	return d
}

// transfer moves money from one account to another, far away.
func (d *slow) transfer(ctx context.Context) error {
	tx, err := d.table.Pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	from, to := 1+rand.N(accounts), 1+rand.N(accounts)
	for _, change := range []struct{ id, by int }{{min(from, to), -1}, {max(from, to), 1}} {
		if _, err := tx.ExecContext(ctx, "UPDATE accounts SET balance = balance + ? WHERE id = ?", change.by, change.id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// balance adds up what the target holds.
func (d *slow) balance(t *testing.T) (sum, rows int64) {
	t.Helper()
	folder := d.Folder(d.target)
	names, err := folder.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := folder.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for in := bufio.NewScanner(file); in.Scan(); rows++ {
			_, text, _ := strings.Cut(in.Text(), "\x01")
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				t.Fatalf("%s: %q", name, in.Text())
			}
			sum += n
		}
		file.Close()
	}
	return sum, rows
}

func viewsOf(t *testing.T, got rig.Ran) views {
	t.Helper()
	var v views
	if err := json.Unmarshal([]byte(got.Stdout), &v); err != nil {
		t.Fatalf("%s: %v", got.Stdout, err)
	}
	return v
}

// Money moves between the splits while they are read by slots in two containers: no cent is seen twice or not at all,
// also when one of the containers dies and its splits move to the other one.
func TestSnapshotWhileMoneyMoves(t *testing.T) {
	d := beginTransfers(t, rig.Params{"consistency": "snapshot"})
	living := d.weft.Containers(t, d.Rig, d.app, 2)
	d.attempt(t, 4) // all slots have the snapshot
	if err := living[0].Kill(); err != nil {
		t.Fatal(err)
	}
	got := d.weft.Wait(t)
	result := d.Succeeded(t, got, d.target, accounts)
	if sum, rows := d.balance(t); sum != accounts*each || rows != accounts {
		t.Errorf("%d rows with a balance of %d, want %d with %d", rows, sum, accounts, accounts*each)
	}
	if v := viewsOf(t, got); v.Consistency != "snapshot" || v.Degraded != "" {
		t.Errorf("result %+v", v)
	}
	t.Logf("%d splits in %d attempts", result.Splits, result.Attempts)
}

// Every container dies, and with them the snapshot: the run fails and says so, or goes on as the job allows.
func TestSnapshotLostWithItsContainers(t *testing.T) {
	for _, policy := range []string{"fail", "degrade"} {
		t.Run(policy, func(t *testing.T) {
			d := beginTransfers(t, rig.Params{"consistency": "snapshot", "onSnapshotLoss": policy})
			living := d.weft.Containers(t, d.Rig, d.app, 2)
			d.attempt(t, 4)
			for _, c := range living {
				if err := c.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			if policy == "fail" {
				d.failed(t, 1, "error[E3020]", "no slot has it any more", "from-scratch")
				return
			}
			got := d.weft.Wait(t)
			d.Succeeded(t, got, d.target, accounts)
			if v := viewsOf(t, got); v.Consistency != "split" || v.Degraded == "" {
				t.Errorf("result %+v", v)
			}
		})
	}
}

// The ApplicationMaster that took the snapshot dies; its containers, which have it, live on and finish in it. Without
// them nobody has it any more.
func TestSnapshotOutlivesItsMaster(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprintf("keep=%t", keep), func(t *testing.T) {
			d := beginTransfers(t, rig.Params{"consistency": "snapshot", "am": rig.Params{"keepContainers": keep}})
			d.works(t, 1, 4)
			d.journalled(t, 5)
			if err := d.master(t).Kill(); err != nil {
				t.Fatal(err)
			}
			if !keep {
				d.failed(t, 1, "error[E3020]", "it ended with the ApplicationMaster")
				return
			}
			got := d.weft.Wait(t)
			result := got.Result(t)
			if sum, rows := d.balance(t); sum != accounts*each || rows != accounts {
				t.Errorf("%d rows with a balance of %d, want %d with %d", rows, sum, accounts, accounts*each)
			}
			if v := viewsOf(t, got); v.Consistency != "snapshot" || v.Degraded != "" || result.AMAttempts != 2 {
				t.Errorf("result %+v %+v", result, v)
			}
		})
	}
}
