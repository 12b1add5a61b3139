package postgresql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// kinds are the types with a value as it must come out. name is what the column
// must be delivered as.
var kinds = []struct{ typ, value, want, column string }{
	{"bool", "true", "true", "bool"},
	{"bool", "false", "false", "bool"},
	{"int2", "-32768", "-32768", "int64(2)"},
	{"int4", "-2147483648", "-2147483648", "int64(4)"},
	{"int8", "-9223372036854775808", "-9223372036854775808", "int64"},
	{"oid", "4294967295", "4294967295", "int64"},
	{"float4", "1.1", "1.1", "float32"},
	{"float8", "'-1e-300'", "-1e-300", "float64"},
	{"float8", "'NaN'", "NaN", "float64"},
	{"float8", "'-infinity'", "-Infinity", "float64"},
	{"numeric(12,2)", "-0.05", "-0.05", "decimal(12,2)"},
	{"numeric(12,2)", "1234567890.1", "1234567890.10", "decimal(12,2)"},
	{"numeric(12,2)", "0", "0.00", "decimal(12,2)"},
	{"numeric(38,10)", "10000", "10000.0000000000", "decimal(38,10)"},
	{"numeric(38,10)", "0.0000000001", "0.0000000001", "decimal(38,10)"},
	{"numeric(5)", "99999", "99999", "decimal(5,0)"},
	{"numeric(3,5)", "0.00123", "0.00123", "decimal(5,5)"},
	{"numeric(3,-2)", "12345", "12300", "decimal(5,0)"},
	{"numeric", "123456789012345678901234567890.000100", "123456789012345678901234567890.000100", "decimal"},
	{"numeric", "-7", "-7", "decimal"},
	{"money", "'$1,234.56'", "1234.56", "decimal"},
	{"text", "'a''b\\\t中😀'", "a'b\\\t中😀", "string"},
	{"varchar(5)", "'héllo'", "héllo", "string(5)"},
	{"char(5)", "'ab'", "ab   ", "string(5)"},
	{"name", "'n'", "n", "string"},
	{"bytea", `'\x00ff'`, "x'00FF'", "bytes"},
	{"date", "'0044-03-15 BC'", "-0043-03-15", "date"},
	{"date", "'2024-02-29'", "2024-02-29", "date"},
	{"time", "'24:00:00'", "24:00:00.000000", "time"},
	{"time(2)", "'12:34:56.789'", "12:34:56.79", "time"},
	{"timetz", "'12:34:56+02'", "12:34:56+02", "string"},
	{"timestamp", "'2024-03-31 02:30:00.000001'", "2024-03-31 02:30:00.000001", "datetime"},
	{"timestamp(0)", "'1999-12-31 23:59:59'", "1999-12-31 23:59:59", "datetime"},
	{"timestamptz", "'2024-03-31 02:30:00+02'", "2024-03-31 00:30:00.000000", "timestamp"},
	{"interval", "'1 year 2 days -00:00:01'", "1 year 2 days -00:00:01", "string"},
	{"uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "string(36)"},
	{"json", `'{"a" : 1}'`, `{"a" : 1}`, "json"},
	{"jsonb", `'{"a" : 1}'`, `{"a": 1}`, "json"},
	{"int4[]", "'{1,NULL,3}'", "{1,NULL,3}", "string"},
	{"text[]", `'{"a b",c}'`, `{"a b",c}`, "string"},
	{"inet", "'10.0.0.1'", "10.0.0.1", "string"},
	{"inet", "'10.0.0.0/8'", "10.0.0.0/8", "string"},
	{"cidr", "'10.0.0.0/8'", "10.0.0.0/8", "string"},
	{"macaddr", "'08:00:2b:01:02:03'", "08:00:2b:01:02:03", "string"},
	{"bit(4)", "B'0101'", "0101", "string(4)"},
	{"varbit", "B'01'", "01", "string"},
	{"int4range", "'[1,5)'", "[1,5)", "string"},
	{"point", "'(1,2)'", "(1,2)", "string"},
	{"tsvector", "'a:1'", "'a':1", "string"},
	{"xml", "'<a/>'", "<a/>", "string"},
	{"mood", "'sad'", "sad", "string"},
	{"short", "'abc'", "abc", "string(3)"},
}

func TestKinds(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN short AS varchar(3)")
	for _, k := range kinds {
		t.Run(k.typ+" "+k.value, func(t *testing.T) {
			s := s.on(t)
			s.exec("DROP TABLE IF EXISTS k", "CREATE TABLE k (id int PRIMARY KEY, v "+k.typ+")",
				"INSERT INTO k VALUES (1, "+k.value+"), (2, NULL)")
			for _, settings := range []string{`{"table": "k", "column": ["v"]}`, `{"connection": [{"querySql": "SELECT v FROM k ORDER BY id", "jdbcUrl": "jdbc:postgresql://` + s.db.Addr() + "/" + s.name + `"}], "url": []}`} {
				r := s.reader(settings)
				if got := columnText(r.setup.Columns[0]); got != k.column {
					t.Errorf("column %s, want %s", got, k.column)
				}
				rows, refused := readAll(t, r, whole())
				if diff := cmp.Diff([]string{k.want, "NULL"}, rows); diff != "" || len(refused) > 0 {
					t.Errorf("%s%v", diff, refused)
				}
			}
		})
	}
}

func TestSpecialValues(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE k (id int PRIMARY KEY, n numeric, d date, ts timestamp, tz timestamptz)",
		"INSERT INTO k VALUES (1, 'NaN', NULL, NULL, NULL), (2, NULL, 'infinity', NULL, NULL), (3, NULL, NULL, '-infinity', NULL), "+
			"(4, NULL, NULL, NULL, 'infinity'), (5, 1, '2024-01-01', '2024-01-01', '2024-01-01')")
	rows, refused := readAll(t, s.reader(`{"table": "k"}`), whole())
	if len(rows) != 1 || len(refused) != 4 {
		t.Fatalf("rows %q, refused %+v", rows, refused)
	}
	for i, want := range []string{`"n":"NaN"`, `"d":"infinity"`, `"ts":"-infinity"`, `"tz":"infinity"`} {
		if !strings.Contains(refused[i].Raw, want) || refused[i].Code != plugins.RowConversion {
			t.Errorf("refused %+v, want %s", refused[i], want)
		}
	}
	rows, refused = readAll(t, s.reader(`{"table": "k", "specialValue": "null"}`), whole())
	if len(rows) != 5 || len(refused) != 0 || rows[0] != "1|NULL|NULL|NULL|NULL" {
		t.Errorf("as NULL: %q, %v", rows, refused)
	}
}

func TestLargeRowsAreRefusedUnread(t *testing.T) {
	s := newSchema(t)
	s.exec("CREATE TABLE k (v text, id int PRIMARY KEY)",
		"INSERT INTO k SELECT repeat('x', CASE WHEN i % 3 = 0 THEN 3000000 ELSE 10 END), i FROM generate_series(1, 9) i")
	r := s.reader(`{"table": "k"}`, func(u *plugins.Setup) { u.MaxRowBytes = 1 << 20 })
	rows, refused, err := readSplit(t, r, splitsOf(t, r, 1)[0], "", nil)
	if err != nil || len(rows) != 6 || len(refused) != 3 {
		t.Fatalf("%d rows, %d refused, %v", len(rows), len(refused), err)
	}
	if e := refused[0]; e.Code != plugins.RowTooLarge || !strings.HasPrefix(e.Raw, `{"id":"3","v":"xxx`) {
		t.Errorf("%s %.80s", e.Code, e.Raw)
	}
	if r.position != `["9"]` {
		t.Errorf("position %s", r.position)
	}
}

// columnText is a column's kind with what its type says of sizes.
func columnText(c plugins.Column) string {
	switch {
	case c.Kind == plugins.KindDecimal && c.Precision > 0:
		return fmt.Sprintf("decimal(%d,%d)", c.Precision, c.Scale)
	case c.Length > 0:
		return fmt.Sprintf("%s(%d)", c.Kind, c.Length)
	}
	return c.Kind.String()
}
