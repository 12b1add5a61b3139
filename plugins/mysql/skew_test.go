package mysql

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"weft/internal/sqlread"
	"weft/plugins"
)

// Of tables large enough for the server's estimates to be guesses, one with a
// huge tenant and one with a wide gap, no split is much larger than its share.
func TestLargeSkew(t *testing.T) { onServers(t, testLargeSkew) }

func testLargeSkew(t *testing.T, s *schema, _ bool) {
	const rows = 1 << 18
	s.exec("CREATE TABLE one (n int PRIMARY KEY)", "INSERT INTO one VALUES (0), (1), (2), (3), (4), (5), (6), (7)")
	digits := "a.n + 8*b.n + 64*c.n + 512*d.n + 4096*e.n + 32768*f.n"
	from := " AS i FROM one a, one b, one c, one d, one e, one f"
	s.exec("CREATE TABLE tenants (tenant int, seq bigint, v char(60), PRIMARY KEY (tenant, seq))",
		"INSERT INTO tenants SELECT IF(i % 10 < 8, 7, i % 1000), i, 'v' FROM (SELECT "+digits+from+") x",
		"CREATE TABLE gap (id bigint PRIMARY KEY, v char(60))",
		"INSERT INTO gap SELECT IF(i < 200000, i, i + (1 << 50)) * 3, 'v' FROM (SELECT "+digits+from+") x",
		"ANALYZE TABLE tenants, gap")
	for _, table := range []string{"tenants", "gap"} {
		r := s.reader(fmt.Sprintf(`{"table": %q}`, table))
		r.fullRows = 1
		const want = 12
		splits := splitsOf(t, r, want)
		m, err := r.meta(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		sum, most := 0, 0
		for _, split := range splits {
			var p piece
			if err := json.Unmarshal(split.Data, &p); err != nil {
				t.Fatal(err)
			}
			row, err := m.row(t.Context(), "SELECT COUNT(*) FROM "+quote(table)+where([]string{dialect().Within(p.Key, p.Range)}))
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(text(row[0]))
			sum, most = sum+n, max(most, n)
		}
		t.Logf("%s: %d splits, the largest has %d rows", table, len(splits), most)
		checkPlan(t, r, splits[len(splits)/2])
		if sum != rows || most > 3*rows/want || len(splits) > 3*want {
			t.Errorf("%s: %d splits for %d wanted, %d rows, the largest has %d", table, len(splits), want, sum, most)
		}
	}
}

// checkPlan has the server explain the query of a split, from its start and
// from a position: it must be a range of the primary key without a sort.
func checkPlan(t *testing.T, r *Reader, split plugins.Split) {
	t.Helper()
	m, err := r.meta(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var p piece
	if err := json.Unmarshal(split.Data, &p); err != nil {
		t.Fatal(err)
	}
	middle := append(sqlread.Tuple{p.Low[0]}, "150000")[:len(p.Key)]
	for _, at := range []sqlread.Tuple{nil, middle} {
		query := r.selection(p, r.setup.Columns).sql(p, at)
		row, err := m.row(t.Context(), "EXPLAIN "+query)
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, cell := range row {
			cells = append(cells, text(cell))
		}
		if plan := strings.Join(cells, " "); !strings.Contains(plan, "range") || !strings.Contains(plan, "PRIMARY") || strings.Contains(plan, "filesort") {
			t.Errorf("%s: %s", query, plan)
		}
	}
}

// A table whose statistics were never made is cut all the same.
func TestStaleStatistics(t *testing.T) {
	onServers(t, func(t *testing.T, s *schema, _ bool) {
		s.exec("CREATE TABLE one (n int PRIMARY KEY)", "INSERT INTO one VALUES (0), (1), (2), (3), (4), (5), (6), (7)",
			"CREATE TABLE fresh (id int PRIMARY KEY) STATS_PERSISTENT=1, STATS_AUTO_RECALC=0",
			"INSERT INTO fresh SELECT a.n + 8*b.n + 64*c.n + 512*d.n + 4096*e.n FROM one a, one b, one c, one d, one e")
		r := s.reader(`{"table": "fresh"}`)
		splits := splitsOf(t, r, 16)
		rows, _ := readAll(t, r, splits)
		if len(splits) < 4 || len(rows) != 32768 {
			t.Errorf("%d splits, %d rows", len(splits), len(rows))
		}
	})
}
