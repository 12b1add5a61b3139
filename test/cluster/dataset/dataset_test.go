package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
)

var shared cluster.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// A change of these figures changes the table of the published figures: make a new shape instead.
func TestRowsNeverChange(t *testing.T) {
	for name, want := range map[string]struct {
		shape Shape
		sum   string
	}{
		"wide":  {Wide(), "39656b0bdffc11db"},
		"bench": {Bench(), "61c23a0e44d7965b"},
	} {
		h := sha256.New()
		if err := want.shape.WriteRows(h, 10_000, Seed); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want.sum {
			t.Errorf("%s: hash of the rows is %s, want %s", name, got, want.sum)
		}
	}
}

func TestRowDoesNotDependOnTheirNumber(t *testing.T) {
	var few, many bytes.Buffer
	if err := Wide().WriteRows(&few, 100, 7); err != nil {
		t.Fatal(err)
	}
	if err := Wide().WriteRows(&many, 1000, 7); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(many.Bytes(), few.Bytes()) {
		t.Error("the first 100 of 1000 rows are not the 100 rows of 100")
	}
}

func TestBenchRowIs115Bytes(t *testing.T) {
	const rows = 20_000
	var b bytes.Buffer
	if err := Bench().WriteRows(&b, rows, Seed); err != nil {
		t.Fatal(err)
	}
	if mean := b.Len() / rows; mean < 112 || mean > 118 {
		t.Errorf("a row has %d bytes in the mean, want 115", mean)
	}
}

func testPool(t *testing.T, db *cluster.Database) *sql.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	schema, err := db.NewSchema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("mysql", db.DSN(schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func TestLoadWide(t *testing.T) {
	servers := map[string]*cluster.Database{"mariadb": shared.MariaDB(t), "mysql": shared.MySQL(t)}
	for name, server := range servers {
		if server == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			pool := testPool(t, server)
			const rows = 120_000 // past the key 0
			began := time.Now()
			if err := Load(ctx, pool, "w", Wide(), rows, Seed); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d rows in %s", rows, time.Since(began))
			for question, want := range map[string]string{
				"SELECT COUNT(*) FROM w":                                       "120000",
				"SELECT MIN(id) FROM w":                                        "-100000",
				"SELECT COUNT(*) FROM w WHERE id = 0":                          "1",
				"SELECT MAX(ubig) FROM w":                                      "18446744073709551615",
				"SELECT COUNT(*) > 0 FROM w WHERE note = '\\\\N'":              "1",
				"SELECT COUNT(*) > 0 FROM w WHERE note LIKE '%\\r\\n%'":        "1",
				"SELECT COUNT(*) > 0 FROM w WHERE title = 'emoji 😀👍🏽'":         "1",
				"SELECT COUNT(*) > 10000 FROM w WHERE raw IS NULL":             "1",
				"SELECT COUNT(*) > 0 FROM w WHERE bits+0 > 4000":               "1",
				"SELECT COUNT(*) > 0 FROM w WHERE JSON_LENGTH(doc,'$.tags')=3": "1",
			} {
				var got string
				if err := pool.QueryRowContext(ctx, question).Scan(&got); err != nil {
					t.Fatalf("%s: %v", question, err)
				}
				if got != want {
					t.Errorf("%s: %s, want %s", question, got, want)
				}
			}
		})
	}
}

func TestLoadBenchFast(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	began := time.Now()
	if err := Load(ctx, testPool(t, shared.MariaDB(t)), "b", Bench(), 200_000, Seed); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("200,000 rows in %s", took)
	if took > 12*time.Second { // twice the time in which a million must load in 30 s
		t.Errorf("200,000 rows took %s", took)
	}
}

func TestChangedValueFailsTheLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := Bench()
	s.columns[5].ddl = "VARCHAR(3) NOT NULL"
	err := Load(ctx, testPool(t, shared.MariaDB(t)), "b", s, 10, Seed)
	if err == nil || !strings.Contains(err.Error(), "city") {
		t.Errorf("truncated values went unnoticed: %v", err)
	}
}
