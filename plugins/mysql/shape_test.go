package mysql

import (
	"fmt"
	"strings"
	"testing"

	"weft/plugins"
)

// A table that was altered after the run was planned is not read on; what is
// different is named. What cannot change the rows read does no harm.
func TestTableAltered(t *testing.T) { onServers(t, testTableAltered) }

func testTableAltered(t *testing.T, s *schema, _ bool) {
	for i, tt := range []struct {
		name, columns, alter string
		want                 string // in the error; "" for none
	}{
		{"nothing", `["*"]`, "COMMENT = 'x'", ""},
		{"an index", `["*"]`, "ADD INDEX by_v (v)", ""},
		{"added", `["*"]`, "ADD more INT", "column more (int"},
		{"added beside those named", `["id", "v"]`, "ADD more INT", ""},
		{"dropped", `["*"]`, "DROP n", "column n (int"},
		{"dropped and named", `["id", "n"]`, "DROP n", "is gone"},
		{"dropped beside those named", `["id", "v"]`, "DROP n", ""},
		{"longer", `["*"]`, "MODIFY v VARCHAR(99)", "column v was varchar(10) and is varchar(99)"},
		{"wider", `["*"]`, "MODIFY n BIGINT NOT NULL", "column n was int"},
		{"nullable", `["*"]`, "MODIFY n INT NULL", "column n took no NULL and does now"},
		{"renamed", `["*"]`, "CHANGE n m INT NOT NULL", "column n (int"},
		{"finer", `["*"]`, "MODIFY d DATETIME(3)", "column d was datetime and is datetime(3)"},
		{"gone", `["*"]`, "RENAME TO elsewhere", "doesn't exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s.on(t)
			name := fmt.Sprintf("t%d", i)
			s.exec("CREATE TABLE "+name+" (id INT PRIMARY KEY, v VARCHAR(10), n INT NOT NULL, d DATETIME)",
				"INSERT INTO "+name+" VALUES (1, 'a', 1, NULL), (2, 'b', 2, NULL)")
			r := s.reader(fmt.Sprintf(`{"table": [%q], "column": %s}`, name, tt.columns))
			splits := splitsOf(t, r, 1)
			s.exec("ALTER TABLE " + name + " " + tt.alter)
			err := r.Open(t.Context(), splits[0], "")
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if rows, _ := readAll(t, r, splits); len(rows) != 2 {
					t.Errorf("%d rows", len(rows))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("open: %v, want %q", err, tt.want)
			}
			if e := errorOf(t, err); plugins.ReasonOf(err) != plugins.ReasonChanged || plugins.ClassOf(err) != plugins.Fatal || e.Hint == "" {
				t.Errorf("reason %s, class %s, hint %q", plugins.ReasonOf(err), plugins.ClassOf(err), e.Hint)
			}
		})
	}
}
