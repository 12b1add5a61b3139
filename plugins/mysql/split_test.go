package mysql

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// keyCase is a way for a table to have a key, with a generator of key values
// as SQL literals. Values may repeat: the server keeps the first.
type keyCase struct {
	name    string
	columns string // of the key, in the table's declaration
	key     string // PRIMARY KEY (...) or other indexes
	splitPk string
	ordered bool
	values  func(r *rand.Rand) string
}

// words over an alphabet in which collations find equal letters, ignorable
// ones, expansions and characters beyond the BMP.
func word(r *rand.Rand, n int) string {
	alphabet := []rune("aAäÄbBßsSzZ0 9_-éE中文😀~")
	out := make([]rune, r.IntN(n))
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return "'" + string(out) + "'"
}

func latinWord(r *rand.Rand, n int) string {
	return strings.NewReplacer("中", "x", "文", "y", "😀", "o").Replace(word(r, n))
}

func number64(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return strconv.FormatInt(r.Int64(), 10)
	case 1:
		return strconv.FormatInt(-r.Int64(), 10)
	}
	return strconv.Itoa(r.IntN(3000) - 1500)
}

var keyCases = []keyCase{
	{"dense int", "k int", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return strconv.Itoa(r.IntN(1200)) }},
	{"sparse bigint", "k bigint", "PRIMARY KEY (k)", "", true, number64},
	{"unsigned bigint", "k bigint unsigned", "PRIMARY KEY (k)", "k", true, func(r *rand.Rand) string {
		return strconv.FormatUint(pick(r.IntN(2) == 0, r.Uint64(), uint64(r.IntN(500))), 10)
	}},
	{"decimal", "k decimal(20,3)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return fmt.Sprintf("%d.%03d", r.IntN(100000)-50000, r.IntN(1000)) }},
	{"general_ci", "k varchar(20) COLLATE utf8mb4_general_ci", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return word(r, 8) }},
	{"unicode_ci", "k varchar(20) COLLATE utf8mb4_unicode_ci", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return word(r, 8) }},
	{"uca nopad", "k varchar(20) COLLATE utf8mb4_unicode_nopad_ci", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return word(r, 8) }},
	{"utf8mb4_bin", "k varchar(20) COLLATE utf8mb4_bin", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return word(r, 8) }},
	{"latin1", "k varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return latinWord(r, 8) }},
	{"quotes", "k varchar(20)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return `'` + strings.Repeat(`\'`, r.IntN(3)) + strings.Repeat(`\\`, r.IntN(3)) + strings.Repeat(`\n`, r.IntN(2)) + strconv.Itoa(r.IntN(400)) + `'`
	}},
	{"char", "k char(6) COLLATE utf8mb4_german2_ci", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return word(r, 6) }},
	{"varbinary", "k varbinary(8)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return fmt.Sprintf("x'%X'", strconv.Itoa(r.IntN(1<<20))) }},
	{"binary", "k binary(16)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string { return fmt.Sprintf("x'%016X%016X'", r.Uint64(), r.Uint64()) }},
	{"date", "k date", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return pick(r.IntN(50) == 0, "'0000-00-00'", fmt.Sprintf("'%d-%02d-%02d'", 1990+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28)))
	}},
	{"datetime(6)", "k datetime(6)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("'2024-01-01' + INTERVAL %d MICROSECOND", r.Int64N(1<<uint(10+r.IntN(40))))
	}},
	{"timestamp", "k timestamp(3) NOT NULL", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("FROM_UNIXTIME(%d.%03d)", 1+r.Int64N(2_000_000_000), r.IntN(1000))
	}},
	{"time", "k time(2)", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("'%s%d:%02d:%02d.%02d'", pick(r.IntN(2) == 0, "-", ""), r.IntN(838), r.IntN(60), r.IntN(60), r.IntN(100))
	}},
	{"year and bit", "k year, l bit(9)", "PRIMARY KEY (k, l)", "", true, func(r *rand.Rand) string { return fmt.Sprintf("%d, %d", 1970+r.IntN(50), r.IntN(512)) }},
	{"uuid", "k uuid", "PRIMARY KEY (k)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("'%08x-1234-11ee-8123-%012x'", r.Uint32(), r.Uint64()>>16)
	}},
	{"skewed tenants", "k int, l int", "PRIMARY KEY (k, l)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("%d, %d", pick(r.IntN(10) > 0, 7, r.IntN(100)), r.IntN(100000))
	}},
	{"text and number", "k varchar(10), l bigint unsigned", "PRIMARY KEY (k, l)", "", true, func(r *rand.Rand) string {
		return fmt.Sprintf("%s, %d", word(r, 3), r.Uint64()>>uint(r.IntN(64)))
	}},
	{"three columns", "k smallint, l date, m varchar(9)", "PRIMARY KEY (k, l, m)", "k", true, func(r *rand.Rand) string {
		return fmt.Sprintf("%d, '2024-%02d-%02d', %s", r.IntN(3)-1, 1+r.IntN(12), 1+r.IntN(28), word(r, 4))
	}},
	{"enum second", "k int, l enum('z','b','a')", "PRIMARY KEY (k, l)", "", false, func(r *rand.Rand) string {
		return fmt.Sprintf("%d, '%c'", r.IntN(700), "zba"[r.IntN(3)])
	}},
	{"no primary, unique", "k int NOT NULL", "UNIQUE KEY u (k)", "", true, number64},
	{"null and repeats", "k int", "KEY x (k)", "k", false, func(r *rand.Rand) string {
		return pick(r.IntN(5) == 0, "NULL", strconv.Itoa(r.IntN(40)-20))
	}},
	{"null and repeated text", "k varchar(9) COLLATE utf8mb4_unicode_ci", "KEY x (k, n)", "k", false, func(r *rand.Rand) string {
		return pick(r.IntN(5) == 0, "NULL", word(r, 3))
	}},
	{"no index", "k int", "KEY x (n)", "k", false, func(r *rand.Rand) string { return pick(r.IntN(9) == 0, "NULL", number64(r)) }},
	{"prefix index", "k varchar(50)", "PRIMARY KEY (k(3))", "", false, func(r *rand.Rand) string { return word(r, 5) }},
	{"no key at all", "k int", "KEY x (n)", "", false, number64},
	{"float key", "k double", "PRIMARY KEY (k)", "", false, number64},
}

// The splits of any table are disjoint and complete, whatever its key: the
// union of their rows is the table, no row twice. Reading on from any position
// gives exactly the rows behind it.
func TestSplitsAreTheTable(t *testing.T) { onServers(t, testSplitsAreTheTable) }

func testSplitsAreTheTable(t *testing.T, s *schema, mariaDB bool) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("WEFT_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	for i, c := range keyCases {
		if onlyMariaDB := c.name == "uuid" || c.name == "uca nopad"; onlyMariaDB && !mariaDB {
			c.columns, c.values = "k varchar(20) COLLATE utf8mb4_0900_ai_ci", func(r *rand.Rand) string { return word(r, 8) }
		}
		t.Run(c.name, func(t *testing.T) {
			t.Logf("WEFT_SEED=%d", seed)
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			checkSplits(t, s.on(t), c, fmt.Sprintf("t%d", i), random)
		})
	}
}

func checkSplits(t *testing.T, s *schema, c keyCase, table string, random *rand.Rand) {
	s.exec("CREATE TABLE " + table + " (n int NOT NULL, " + c.columns + ", " + c.key + ") ENGINE=InnoDB")
	total := 200 + random.IntN(800)
	var values []string
	for n := range total {
		values = append(values, fmt.Sprintf("(%d, %s)", n, c.values(random)))
	}
	s.exec("INSERT IGNORE INTO "+table+" VALUES "+strings.Join(values, ","), "ANALYZE TABLE "+table)
	settings := fmt.Sprintf(`{"table": %q, "column": ["n"], "splitPk": %q}`, table, c.splitPk)
	r := s.reader(settings)
	r.minRows, r.fullRows = 1, 1
	want, _ := readAll(t, r, whole())
	slices.Sort(want)
	for _, pieces := range []int{1, 8, 20} {
		splits := splitsOf(t, r, pieces)
		if again := splitsOf(t, r, pieces); !cmp.Equal(splits, again) {
			t.Errorf("splits differ when made again: %s", cmp.Diff(splits, again))
		}
		got, refused := readAll(t, r, splits)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || len(refused) > 0 {
			t.Fatalf("%d pieces wanted, %d splits, %d rows, refused %v: %s", pieces, len(splits), len(want), refused, diff)
		}
		if pieces == 20 {
			reportSplits(t, r, c, splits, len(want))
			for _, split := range splits[:min(3, len(splits))] {
				checkResume(t, r, split, c.ordered)
			}
		}
	}
}

// reportSplits checks that splitting did split where it can, and evenly.
func reportSplits(t *testing.T, r *Reader, c keyCase, splits []plugins.Split, rows int) {
	t.Helper()
	most := 0
	for _, split := range splits {
		got, _ := readSplit(t, r, split, "", nil)
		most = max(most, len(got))
	}
	t.Logf("%d rows in %d splits, at most %d each; %q", rows, len(splits), most, splits[len(splits)/2].Label)
	var p piece
	if err := json.Unmarshal(splits[0].Data, &p); err != nil {
		t.Fatal(err)
	}
	if p.Ordered != c.ordered {
		t.Errorf("ordered is %t, want %t", p.Ordered, c.ordered)
	}
	if single := c.name == "prefix index" || c.name == "no key at all" || c.name == "float key"; single != (len(splits) == 1) {
		t.Errorf("%d splits", len(splits))
	}
	if c.ordered && most > rows/2 {
		t.Errorf("a split has %d of %d rows", most, rows)
	}
}

func checkResume(t *testing.T, r *Reader, split plugins.Split, ordered bool) {
	t.Helper()
	type place struct {
		at   plugins.Position
		rows int
	}
	var places []place
	all, _ := readSplit(t, r, split, "", func(p plugins.Position, n int) { places = append(places, place{p, n}) })
	for _, p := range places {
		if (p.at != "") != ordered {
			t.Fatalf("position %q of a split whose order is %t", p.at, ordered)
		}
		if !ordered {
			continue
		}
		rest, _ := readSplit(t, r, split, p.at, nil)
		if diff := cmp.Diff(all[p.rows:], rest, cmp.Transformer("", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
			t.Fatalf("behind %s: %s", p.at, diff)
		}
	}
}

// Pieces are worth their files: more of them than slots only for large tables.
func TestWorth(t *testing.T) {
	for _, c := range []struct {
		pieces int
		rows   int64
		want   int
	}{{16, 10, 4}, {16, 1_000_000, 4}, {16, 5_000_000, 10}, {16, 1 << 40, 16}, {4, -1, 1}, {1, 1 << 40, 1}} {
		if got := worth(c.pieces, c.rows, 500_000); got != c.want {
			t.Errorf("worth(%d, %d) = %d; want %d", c.pieces, c.rows, got, c.want)
		}
	}
}
