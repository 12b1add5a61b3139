package mysql

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// A row beyond maxRowBytes is refused without its neighbours noticing, and has
// a place from which reading goes on; below the limit even rows of several
// packets come out whole.
func TestLargeRows(t *testing.T) {
	s := newSchema(t)
	s.exec("SET GLOBAL max_allowed_packet = 134217728", "CREATE TABLE big (b longblob, id int PRIMARY KEY, n int)")
	fresh, err := sql.Open("mysql", s.db.DSN(s.name)) // the pool's sessions have the old limit
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	sizes := []int{10, 300_000, 5, 16<<20 - 20, 16 << 20, 33 << 20, 7, 1 << 20}
	for i, n := range sizes {
		if _, err := fresh.Exec(fmt.Sprintf("INSERT INTO big VALUES (REPEAT('x', %d), %d, %d)", n, i, n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		limit   int
		refused []int
	}{
		{64 << 20, nil},
		{17 << 20, []int{5}},
		{1 << 20, []int{3, 4, 5, 7}},
		{8, []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		for _, protocol := range []string{protocolBinary, protocolText} {
			t.Run(fmt.Sprintf("%s/%d", protocol, c.limit), func(t *testing.T) {
				r := s.on(t).reader(`{"table": "big", "column": ["b", "n"], "protocol": "`+protocol+`"}`,
					func(u *plugins.Setup) { u.MaxRowBytes = c.limit })
				checkLarge(t, r, sizes, c.refused)
			})
		}
	}
}

func checkLarge(t *testing.T, r *Reader, sizes []int, refused []int) {
	t.Helper()
	split := splitsOf(t, r, 1)[0]
	rows, bad := readSplit(t, r, split, "", nil)
	if len(rows)+len(bad) != len(sizes) || len(bad) != len(refused) {
		t.Fatalf("%d rows and %d refused of %d, want %d refused", len(rows), len(bad), len(sizes), len(refused))
	}
	next := 0
	for i, n := range sizes {
		if len(refused) > 0 && refused[0] == i {
			refused = refused[1:]
			var raw map[string]any
			if err := json.Unmarshal([]byte(bad[0].Raw), &raw); err != nil || raw["id"] != fmt.Sprint(i) || bad[0].Code != plugins.RowTooLarge {
				t.Errorf("refused %s %.100s: %v", bad[0].Code, bad[0].Raw, err)
			}
			bad = bad[1:]
			continue
		}
		if want := fmt.Sprintf("x'%s'|%d", strings.Repeat("78", n), n); rows[next] != want {
			t.Errorf("row %d: %d bytes of text, ending %q", i, len(rows[next]), rows[next][len(rows[next])-12:])
		}
		next++
	}
}

// After a refused row the position is behind it.
func TestResumeBehindRefusedRow(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE p (k varchar(10) PRIMARY KEY, v varchar(3000))",
		"INSERT INTO p SELECT CONCAT('k', seq), REPEAT('v', IF(seq % 3, 5, 2000)) FROM seq_100_to_130")
	r := s.reader(`{"table": "p"}`, func(u *plugins.Setup) { u.MaxRowBytes = 100 })
	split := splitsOf(t, r, 1)[0]
	if err := r.Open(t.Context(), split, ""); err != nil {
		t.Fatal(err)
	}
	b := plugins.NewBatch(r.setup.Columns)
	b.MaxRows = 3 // k100, k101 and the refused k102
	if err := r.Read(t.Context(), b); err != nil || b.Rows != 2 || len(b.Refused) != 1 {
		t.Fatal(b.Rows, b.Refused, err)
	}
	if b.Position != `["k102"]` {
		t.Errorf("position %s", b.Position)
	}
	rows, refused := readSplit(t, r, split, b.Position, nil)
	if len(rows) != 19 || len(refused) != 9 || !strings.HasPrefix(rows[0], "k103|") {
		t.Errorf("%d rows, %d refused, first %q", len(rows), len(refused), rows[0])
	}
}

// Bytes that are no UTF-8 are refused; the rest of the row is shown.
func TestInvalidText(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE e (id int PRIMARY KEY, v varchar(20) CHARACTER SET latin1, w int)",
		"INSERT INTO e VALUES (1, 'plain', 5), (2, 'caf\u00e9', 6), (3, NULL, 7)")
	for _, protocol := range []string{protocolBinary, protocolText} {
		r := s.reader(`{"table": "e", "session": ["SET character_set_results = NULL"], "protocol": "` + protocol + `"}`)
		rows, refused := readAll(t, r, splitsOf(t, r, 1))
		if diff := cmp.Diff([]string{"1|plain|5", "3|NULL|7"}, rows); diff != "" {
			t.Error(diff)
		}
		want := `{"id":"2","v":"0x636166e9","w":"6"}`
		if len(refused) != 1 || refused[0].Code != plugins.RowEncoding || refused[0].Column != "v" || refused[0].Raw != want {
			t.Errorf("%+v, want raw %s", refused, want)
		}
	}
}
