package mysql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// kindCase is a declared type, what it is delivered as, and values as SQL
// literals with the canonical text they must come out as.
type kindCase struct {
	declared string
	kind     plugins.Kind
	length   int
	scale    int
	values   [][2]string
}

var kindCases = []kindCase{
	{"tinyint", plugins.KindInt64, 1, 0, [][2]string{{"-128", "-128"}, {"127", "127"}}},
	{"tinyint(1)", plugins.KindInt64, 1, 0, [][2]string{{"1", "1"}, {"7", "7"}}},
	{"tinyint unsigned", plugins.KindInt64, 2, 0, [][2]string{{"255", "255"}}},
	{"smallint", plugins.KindInt64, 2, 0, [][2]string{{"-32768", "-32768"}, {"32767", "32767"}}},
	{"smallint unsigned", plugins.KindInt64, 4, 0, [][2]string{{"65535", "65535"}}},
	{"mediumint", plugins.KindInt64, 3, 0, [][2]string{{"-8388608", "-8388608"}, {"8388607", "8388607"}}},
	{"mediumint unsigned", plugins.KindInt64, 4, 0, [][2]string{{"16777215", "16777215"}}},
	{"int", plugins.KindInt64, 4, 0, [][2]string{{"-2147483648", "-2147483648"}, {"2147483647", "2147483647"}}},
	{"int unsigned", plugins.KindInt64, 8, 0, [][2]string{{"4294967295", "4294967295"}}},
	{"int(8) zerofill", plugins.KindInt64, 8, 0, [][2]string{{"42", "42"}}},
	{"bigint", plugins.KindInt64, 8, 0, [][2]string{{"-9223372036854775808", "-9223372036854775808"}, {"9223372036854775807", "9223372036854775807"}}},
	{"bigint unsigned", plugins.KindUint64, 8, 0, [][2]string{{"18446744073709551615", "18446744073709551615"}, {"0", "0"}}},
	{"bit(1)", plugins.KindInt64, 0, 0, [][2]string{{"b'1'", "1"}, {"b'0'", "0"}}},
	{"bit(17)", plugins.KindInt64, 0, 0, [][2]string{{"b'10000000000000001'", "65537"}}},
	{"bit(64)", plugins.KindUint64, 0, 0, [][2]string{{"x'ffffffffffffffff'", "18446744073709551615"}}},
	{"year", plugins.KindInt64, 2, 0, [][2]string{{"2026", "2026"}, {"1901", "1901"}, {"0", "0"}}},
	{"decimal(12,2)", plugins.KindDecimal, 0, 2, [][2]string{{"0.5", "0.50"}, {"-0.05", "-0.05"}, {"9999999999.99", "9999999999.99"}, {"0", "0.00"}}},
	{"decimal(5,0)", plugins.KindDecimal, 0, 0, [][2]string{{"-12345", "-12345"}, {"0", "0"}}},
	{"decimal(3,3)", plugins.KindDecimal, 0, 3, [][2]string{{"0.001", "0.001"}, {"-0.999", "-0.999"}}},
	{"decimal(8,2) zerofill", plugins.KindDecimal, 0, 2, [][2]string{{"12.5", "12.50"}, {"0", "0.00"}}},
	{"decimal(65,30)", plugins.KindDecimal, 0, 30, [][2]string{{"12345678901234567890123456789012345.123456789012345678901234567890", "12345678901234567890123456789012345.123456789012345678901234567890"}}},
	{"float", plugins.KindFloat32, 0, 0, [][2]string{{"1.5", "1.5"}, {"-0.1", "-0.1"}}},
	{"double", plugins.KindFloat64, 0, 0, [][2]string{{"0.1", "0.1"}, {"1e300", "1e+300"}, {"-123456.789", "-123456.789"}}},
	{"date", plugins.KindDate, 0, 0, [][2]string{{"'2024-02-29'", "2024-02-29"}, {"'9999-12-31'", "9999-12-31"}, {"'0001-01-01'", "0001-01-01"}}},
	{"time", plugins.KindTime, 0, 0, [][2]string{{"'838:59:59'", "838:59:59"}, {"'-838:59:59'", "-838:59:59"}, {"'00:00:00'", "00:00:00"}, {"'-00:00:01'", "-00:00:01"}}},
	{"time(6)", plugins.KindTime, 0, 6, [][2]string{{"'12:34:56.000001'", "12:34:56.000001"}, {"'-12:00:00.5'", "-12:00:00.500000"}}},
	{"datetime", plugins.KindDatetime, 0, 0, [][2]string{{"'2024-03-31 02:30:00'", "2024-03-31 02:30:00"}, {"'1000-01-01'", "1000-01-01 00:00:00"}, {"'9999-12-31 23:59:59'", "9999-12-31 23:59:59"}}},
	{"datetime(3)", plugins.KindDatetime, 0, 3, [][2]string{{"'2024-03-31 02:30:00.123'", "2024-03-31 02:30:00.123"}}},
	{"datetime(6)", plugins.KindDatetime, 0, 6, [][2]string{{"'2024-03-31 02:30:00.000001'", "2024-03-31 02:30:00.000001"}, {"'2024-03-31'", "2024-03-31 00:00:00.000000"}}},
	{"timestamp null", plugins.KindTimestamp, 0, 0, [][2]string{{"'1970-01-01 00:00:01'", "1970-01-01 00:00:01"}, {"'2038-01-19 03:14:07'", "2038-01-19 03:14:07"}}},
	{"timestamp(6) null", plugins.KindTimestamp, 0, 6, [][2]string{{"'2024-03-31 02:30:00.654321'", "2024-03-31 02:30:00.654321"}}},
	{"char(5)", plugins.KindString, 5, 0, [][2]string{{"'ab'", "ab"}, {"''", ""}, {"'中文字符😀'", "中文字符😀"}}},
	{"varchar(300)", plugins.KindString, 300, 0, [][2]string{{"REPEAT('ü', 300)", strings.Repeat("ü", 300)}, {"'null'", "null"}, {"'a\\tb\\nc\\'\\\"\\\\'", "a\tb\nc'\"\\"}}},
	{"varchar(10) charset latin1", plugins.KindString, 10, 0, [][2]string{{"'é'", "é"}}},
	{"tinytext", plugins.KindString, 255, 0, [][2]string{{"'t'", "t"}}},
	{"text", plugins.KindString, 65535, 0, [][2]string{{"REPEAT('x', 65535)", strings.Repeat("x", 65535)}}},
	{"mediumtext", plugins.KindString, 0, 0, [][2]string{{"REPEAT('x', 70000)", strings.Repeat("x", 70000)}}},
	{"longtext", plugins.KindString, 0, 0, [][2]string{{"'l'", "l"}}},
	{"binary(4)", plugins.KindBytes, 4, 0, [][2]string{{"x'00FF'", "x'00FF0000'"}}},
	{"varbinary(300)", plugins.KindBytes, 300, 0, [][2]string{{"x'00FF80'", "x'00FF80'"}, {"''", "x''"}}},
	{"blob", plugins.KindBytes, 65535, 0, [][2]string{{"x'DEADBEEF'", "x'DEADBEEF'"}}},
	{"longblob", plugins.KindBytes, 0, 0, [][2]string{{"x'C328'", "x'C328'"}}},
	{"enum('a','b','')", plugins.KindString, 1, 0, [][2]string{{"'b'", "b"}, {"''", ""}}},
	{"set('x','y','z')", plugins.KindString, 5, 0, [][2]string{{"'x,z'", "x,z"}, {"''", ""}}},
	{"json", plugins.KindString, 0, 0, [][2]string{{`'{"a": [1, null]}'`, `{"a": [1, null]}`}}},
	{"point", plugins.KindBytes, 0, 0, [][2]string{{"ST_GeomFromText('POINT(1 2)')", "x'000000000101000000000000000000F03F0000000000000040'"}}},
	{"uuid", plugins.KindString, 36, 0, [][2]string{{"'123e4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000"}}},
	{"inet6", plugins.KindString, 39, 0, [][2]string{{"'::1'", "::1"}}},
}

// Every type comes out with the declared kind and the exact value, NULL among
// them, in both protocols.
func TestKinds(t *testing.T) { onServers(t, testKinds) }

func testKinds(t *testing.T, s *schema, mariaDB bool) {
	for i, c := range kindCases {
		switch {
		case c.declared == "json" && !mariaDB:
			c.kind = plugins.KindJSON // MariaDB's is an alias of longtext
		case (c.declared == "uuid" || c.declared == "inet6") && !mariaDB:
			continue
		}
		table := "k" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		s.exec("CREATE TABLE " + table + " (id int primary key, v " + c.declared + ")")
		want := []string{"0|NULL"}
		s.exec("INSERT INTO " + table + " VALUES (0, NULL)")
		for n, v := range c.values {
			s.exec("INSERT INTO " + table + " VALUES (" + string(rune('1'+n)) + ", " + v[0] + ")")
			want = append(want, string(rune('1'+n))+"|"+v[1])
		}
		for _, protocol := range []string{protocolBinary, protocolText} {
			t.Run(c.declared+"/"+protocol, func(t *testing.T) {
				r := s.on(t).reader(`{"table": "` + table + `", "protocol": "` + protocol + `"}`)
				v := r.setup.Columns[1]
				if v.Kind != c.kind || v.Length != c.length || v.Scale != c.scale || !v.Nullable {
					t.Errorf("got %+v, want kind %s length %d scale %d", v, c.kind, c.length, c.scale)
				}
				if base, _, _ := strings.Cut(c.declared, " "); !strings.HasPrefix(v.SourceType, strings.Split(base, "(")[0]) && c.declared != "json" {
					t.Errorf("source type %q for %q", v.SourceType, c.declared)
				}
				rows, refused := readAll(t, r, splitsOf(t, r, 1))
				if len(refused) > 0 {
					t.Errorf("refused %+v", refused)
				}
				if diff := cmp.Diff(want, rows); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// Expressions of a query have no catalogue behind them.
func TestKindsOfQuery(t *testing.T) { onServers(t, testKindsOfQuery) }

func testKindsOfQuery(t *testing.T, s *schema, _ bool) {
	s.exec("CREATE TABLE q (id int primary key, d decimal(10,2), n varchar(5))", "INSERT INTO q VALUES (1, 1.5, 'a'), (2, NULL, NULL)")
	r := s.reader(`{"customSql": "SELECT id, d/3 AS e, CONCAT(n, '!') c, NULL z, COUNT(*) OVER () w FROM q ORDER BY id;"}`)
	rows, _ := readAll(t, r, splitsOf(t, r, 4))
	if diff := cmp.Diff([]string{"1|0.500000|a!|NULL|2", "2|NULL|NULL|NULL|2"}, rows); diff != "" {
		t.Error(diff)
	}
}

// Zero dates follow the policy; a day that no calendar has is refused.
func TestZeroDates(t *testing.T) { onServers(t, testZeroDates) }

func testZeroDates(t *testing.T, s *schema, _ bool) {
	s.exec("SET sql_mode = 'ALLOW_INVALID_DATES'",
		"CREATE TABLE z (id int primary key, d date not null, t datetime(2) not null, s timestamp not null default '0000-00-00')",
		"INSERT INTO z VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00'), (2, '2020-00-15', '2020-05-00 10:11:12.5', '2020-01-01'), (3, '2021-02-30', '2021-01-01', '2020-01-01')")
	cases := map[string]struct {
		rows    []string
		refused int
	}{
		"null": {[]string{"1|NULL|NULL|NULL", "2|NULL|NULL|2020-01-01 00:00:00"}, 1},
		"min":  {[]string{"1|0001-01-01|0001-01-01 00:00:00.00|0001-01-01 00:00:00", "2|0001-01-01|0001-01-01 00:00:00.00|2020-01-01 00:00:00"}, 1},
		"keep": {[]string{"1|0000-00-00|0000-00-00 00:00:00.00|0000-00-00 00:00:00", "2|2020-00-15|2020-05-00 10:11:12.50|2020-01-01 00:00:00",
			"3|2021-02-30|2021-01-01 00:00:00.00|2020-01-01 00:00:00"}, 0},
		"error": {nil, 3},
	}
	for policy, want := range cases {
		for _, protocol := range []string{protocolBinary, protocolText} {
			t.Run(policy+"/"+protocol, func(t *testing.T) {
				r := s.on(t).reader(`{"table": "z", "zeroDate": "` + policy + `", "protocol": "` + protocol + `"}`)
				rows, refused := readAll(t, r, splitsOf(t, r, 1))
				if diff := cmp.Diff(want.rows, rows); diff != "" {
					t.Error(diff)
				}
				if len(refused) != want.refused {
					t.Fatalf("%d refused, want %d", len(refused), want.refused)
				}
				for _, f := range refused {
					if f.Code != plugins.RowConversion || f.Column != "d" || !strings.Contains(f.Raw, `"d":"2021-02-30"`) && policy != "error" {
						t.Errorf("%+v", f)
					}
				}
			})
		}
	}
}
