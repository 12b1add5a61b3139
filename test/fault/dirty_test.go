package fault

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"weft/test/rig"
)

// Containers die at random while a table with 1 % of bad rows is moved: the dirty rows are exactly the bad ones, each once,
// in the counters, in the folder of the dirty table and in what weft dirty shows; the other rows are in the target, once.
func TestF01DirtyRowsOfKilledContainers(t *testing.T) {
	random := newRandom(t)
	r := newRig(t)
	schema, pool := r.Schema(t)
	const rows, bad = 12_000, 120
	table := r.Named(schema, "orders", rows, pool)
	table.Exec(t, "CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(200))",
		fmt.Sprintf("INSERT INTO orders SELECT seq, IF(seq %% 100 = 0, CONCAT('a', CHAR(1), seq), REPEAT('x', 100)) FROM seq_1_to_%d", rows))
	target := r.Target(t)
	where := path.Dir(target) + "/dirty"
	job := table.Job(target, 4, rig.Params{"onDelimiter": "dirty", "escapeCrlf": nil})
	job.Setting["speed"] = rig.Params{"channel": 4, "record": 1500}
	job.Setting["unitBytes"], job.Setting["yarn"] = 30_000, rig.Params{"slots": 2}
	job.Setting["errorLimit"] = rig.Params{"record": bad} // one counted twice would fail the run
	job.Setting["dirty"] = rig.Params{"location": where}
	run := "dirty-" + schema
	submit := r.Start(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", run, "-o", "json"}})
	app := submit.Application(t, r, run)
	for range 3 {
		living := submit.Containers(t, r, app, 1)
		moment := time.NewTimer(time.Duration(random.Int64N(int64(1500 * time.Millisecond))))
		<-moment.C
		if err := living[random.IntN(len(living))].Kill(); err != nil {
			t.Fatal(err)
		}
	}
	got := submit.Wait(t)
	got.Want(t, 0)
	result := got.Result(t)
	t.Logf("%d splits in %d attempts", result.Splits, result.Attempts)
	if result.RowsDirty != bad || result.RowsWritten != rows-bad || result.RowsRead != rows || result.Attempts <= result.Splits {
		t.Errorf("result %+v", result)
	}
	shown := r.Weft(t, "dirty", run, "--limit", "0", "-o", "json")
	shown.Want(t, 0)
	var list struct {
		Rows []struct {
			Value map[string]string `json:"value"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(shown.Stdout), &list); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, row := range list.Rows {
		seen[row.Value["id"]]++
	}
	checkBad(t, "weft dirty", seen, rows)
	checkBad(t, where, laidOut(t, r, where), rows)
}

// checkBad wants every hundredth id once, and no other.
func checkBad(t *testing.T, what string, seen map[string]int, rows int) {
	t.Helper()
	for id := 100; id <= rows; id += 100 {
		if n := seen[fmt.Sprint(id)]; n != 1 {
			t.Errorf("%s: row %d is there %d times", what, id, n)
		}
		delete(seen, fmt.Sprint(id))
	}
	for id := range seen {
		t.Errorf("%s: row %q should not be there", what, id)
	}
}

// laidOut counts the rows of the dirty table by their key, straight from its files.
func laidOut(t *testing.T, r *rig.Rig, dir string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for _, day := range r.Names(t, dir) {
		for _, job := range r.Names(t, dir+"/"+day) {
			for _, name := range r.Names(t, dir+"/"+day+"/"+job) {
				text, err := r.Hadoop.ReadFile(t.Context(), dir+"/"+day+"/"+job+"/"+name)
				if err != nil {
					t.Fatal(err)
				}
				for id, n := range keysOf(t, string(text)) {
					seen[id] += n
				}
			}
		}
	}
	return seen
}

// keysOf counts the lines of a file by the id in their sixth field.
func keysOf(t *testing.T, text string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		fields := strings.Split(line, "\x01")
		var key struct{ ID string }
		if len(fields) != 11 || json.Unmarshal([]byte(fields[5]), &key) != nil {
			t.Errorf("line %q", line)
		}
		seen[key.ID]++
	}
	return seen
}
