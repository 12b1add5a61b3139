package mysql

import "testing"

// The statements that servers may refuse are refused by none that we know.
func TestSessionSetup(t *testing.T) {
	onServers(t, func(t *testing.T, s *schema, _ bool) {
		s.exec("CREATE TABLE t (id int PRIMARY KEY)")
		r := s.reader(`{"table": "t"}`)
		m, err := r.meta(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range sessionSetup(nil) {
			if _, err := m.conn.ExecContext(t.Context(), statement.statement); err != nil {
				t.Errorf("%s: %v", statement.statement, err)
			}
		}
		row, err := m.row(t.Context(), "SELECT @@SESSION.sql_mode NOT LIKE '%ZERO_DATE%', @@SESSION.time_zone, @@SESSION.wait_timeout, @@character_set_results")
		if err != nil || text(row[0]) != "1" || text(row[1]) != "+00:00" || text(row[2]) != "86400" || text(row[3]) != "utf8mb4" {
			t.Errorf("%v %v", row, err)
		}
	})
}
