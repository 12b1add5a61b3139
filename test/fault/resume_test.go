package fault

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// resume goes on with the run by its id alone.
func (d *slow) resume(t *testing.T, more ...string) {
	t.Helper()
	d.weft = d.Start(t, rig.Call{Args: append([]string{"resume", d.run, "-o", "json"}, more...)})
}

// kill kills the application as `yarn application -kill` does.
func (d *slow) kill(t *testing.T) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, d.Hadoop.ActiveRMWeb()+"/ws/v1/cluster/apps/"+d.app+
		"/state?user.name="+d.Hadoop.Superuser(), strings.NewReader(`{"state": "KILLED"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("kill %s: %s", d.app, resp.Status)
	}
}

// killed wants the run to have ended as killed, with nothing to see.
func (d *slow) killed(t *testing.T) {
	t.Helper()
	got := d.weft.Wait(t)
	got.Want(t, 7, "error[E7002]", "weft resume "+d.run)
	if result := got.Result(t); result.State != "KILLED" {
		t.Errorf("result %+v", result)
	}
	d.Gone(t, d.app)
	d.Nothing(t, d.target)
}

// Somebody kills the application: by weft, then by YARN. The state says so, nothing is to be seen, and the run goes on where
// it stopped.
func TestF35KilledByUser(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 3)
	d.Weft(t, "kill", d.run).Want(t, 7)
	d.killed(t)
	d.resume(t)
	first := d.app
	d.weft.Until(t, time.Minute, "second application", func(ctx context.Context) error {
		apps, err := d.Apps(ctx, d.run)
		if err == nil && len(apps) < 2 {
			err = errNoMaster
		}
		for _, app := range apps {
			if app.ID != first {
				d.app = app.ID
			}
		}
		return err
	})
	d.master(t)
	d.kill(t)
	d.killed(t)
	if app := d.App(t, d.app); app.State != "KILLED" {
		t.Errorf("YARN says %+v", app)
	}
	d.resume(t)
	if result := d.succeeded(t); result.AMAttempts != 3 {
		t.Errorf("%d ApplicationMasters, want 3", result.AMAttempts)
	}
	again := d.Weft(t, "resume", d.run, "-o", "json")
	if result := d.Succeeded(t, again, d.target, d.table.Rows); result.AMAttempts != 3 {
		t.Errorf("resumed after success: %+v", result)
	}
}

// The client is ended in each way. SIGINT and SIGTERM mean the run; of SIGHUP (the terminal was closed) and SIGKILL the run
// learns nothing: it goes on, and the same command finds it again.
func TestF36ClientSignals(t *testing.T) {
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), 4000)
	for _, tt := range []struct {
		signal syscall.Signal
		code   int // -1: the process cannot say any
		kills  bool
	}{{syscall.SIGINT, 130, true}, {syscall.SIGTERM, 143, true}, {syscall.SIGHUP, -1, false}, {syscall.SIGKILL, -1, false}} {
		t.Run(tt.signal.String(), func(t *testing.T) {
			d := begin(t, r, table, setting{channels: 1, slots: 1, rowsPerSecond: 800, run: "client-" + tt.signal.String()})
			d.weft.Containers(t, r, d.app, 1)
			d.weft.Signal(t, tt.signal)
			if got := d.weft.Wait(t); got.Code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", got.Code, tt.code, got.Stderr)
			}
			if tt.kills {
				d.Gone(t, d.app)
				d.Nothing(t, d.target)
				d.resume(t)
				d.succeeded(t)
				return
			}
			app := d.app
			d.weft = d.Start(t, d.call())
			if result := d.succeeded(t); result.ApplicationID != app || result.AMAttempts != 1 {
				t.Errorf("%s and %d ApplicationMasters, want to have attached to %s", result.ApplicationID, result.AMAttempts, app)
			}
		})
	}
}

// What cannot be used of a run folder is an error that says so and what is safe; never a start from zero that nobody asked for.
func TestF29CheckpointUnusable(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 4)
	d.Weft(t, "kill", d.run).Want(t, 7)
	d.weft.Wait(t)
	format, journal := d.folder()+"/format.json", d.folder()+"/live-000001"
	whole := d.read(t, format)
	d.write(t, format, `{"format": 99}`)
	for _, args := range [][]string{{"resume", d.run}, {"submit", d.file, "--run-id", d.run}, {"resume", d.run, "--from-scratch"}} {
		d.Weft(t, args...).Want(t, 1, "error[E7010]", "nothing was changed")
	}
	d.write(t, format, whole)
	entries, err := d.Entries(t.Context(), journal)
	if err != nil || len(entries) == 0 {
		t.Fatalf("journal: %v, %v", entries, err)
	}
	d.write(t, journal+"/"+entries[0].Name, strings.Repeat("x", 200))
	for _, args := range [][]string{{"resume", d.run}, {"submit", d.file, "--run-id", d.run}} {
		d.Weft(t, args...).Want(t, 1, "error[E7009]", "nothing was changed", "--from-scratch")
	}
	if err := d.Hadoop.Remove(t.Context(), journal); err != nil {
		t.Fatal(err)
	}
	d.Weft(t, "resume", d.run).Want(t, 1, "error[E7009]", "no journal")
	if apps, err := d.Apps(t.Context(), d.run); err != nil || len(apps) != 1 {
		t.Errorf("%d applications, %v: a refused run was submitted", len(apps), err)
	}
	d.resume(t, "--from-scratch")
	if result := d.succeeded(t); result.AMAttempts != 3 {
		t.Errorf("%d generations, want 3: the counting goes on", result.AMAttempts)
	}
}

// The target of a killed run is emptied: the run does not go on beside what is missing, and deletes nothing.
func TestResumeIntoAnEmptiedTarget(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 4)
	d.Weft(t, "kill", d.run).Want(t, 7)
	d.weft.Wait(t)
	if err := d.Hadoop.Remove(t.Context(), d.attempts()); err != nil {
		t.Fatal(err)
	}
	d.Weft(t, "resume", d.run).Want(t, 1, "error[E7011]", "nothing was changed", "weft resume "+d.run+" --from-scratch")
	d.resume(t, "--from-scratch")
	d.succeeded(t)
}

func (d *slow) read(t *testing.T, name string) string {
	t.Helper()
	text, err := d.Hadoop.ReadFile(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (d *slow) write(t *testing.T, name, text string) {
	t.Helper()
	if err := d.Hadoop.WriteFile(t.Context(), name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// The table gets a column in mid-run. A container that was reading it dies, and who reads on finds another table: the run
// stops and says what is different. From scratch it moves the table as it is now.
func TestF45TableAltered(t *testing.T) {
	d := start(t, setting{channels: 1, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 3)
	altered := make(chan error, 1)
	go func() { // it waits until nobody reads the table
		_, err := d.table.Pool.ExecContext(t.Context(), "ALTER TABLE orders ADD COLUMN remarks VARCHAR(9) DEFAULT 'x'")
		altered <- err
	}()
	for _, c := range d.weft.Containers(t, d.Rig, d.app, 1) {
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-altered; err != nil {
		t.Fatal(err)
	}
	d.failed(t, 1, "error[E3009]", "column remarks (varchar(9)) is new", "weft resume "+d.run, "--from-scratch")
	d.Weft(t, "resume", d.run).Want(t, 1, "error[E3009]", "column remarks (varchar(9)) is new")
	d.resume(t, "--from-scratch")
	d.succeeded(t)
}

// Two clients submit one run at the same moment: one application, whose end both tell. Who must not attach, or means another
// job, is told what is safe.
func TestF44SameRunTwice(t *testing.T) {
	d := start(t, setting{channels: 1, slots: 1, rowsPerSecond: 2000})
	beside := d.call()
	beside.Beside = true
	other := d.Start(t, beside)
	refused := d.Run(t, rig.Call{Args: []string{"submit", d.file, "--run-id", d.run, "--no-attach"}, Beside: true})
	refused.Want(t, 11, "error[E7004]", "nothing was changed", "weft status "+d.run)
	elsewhere := d.table.Job(d.target+"-2", 1, nil).File(t)
	refused = d.Run(t, rig.Call{Args: []string{"submit", elsewhere, "--run-id", d.run}, Beside: true})
	refused.Want(t, 11, "error[E7004]", "another job", "weft resume "+d.run, "another --run-id")
	result := d.succeeded(t)
	if beside := other.Wait(t).Result(t); beside.ApplicationID != result.ApplicationID || beside.RowsWritten != result.RowsWritten {
		t.Errorf("one client tells %+v, the other %+v", result, beside)
	}
	if apps, err := d.Apps(t.Context(), d.run); err != nil || len(apps) != 1 {
		t.Errorf("%d applications, %v; want 1", len(apps), err)
	}
}
