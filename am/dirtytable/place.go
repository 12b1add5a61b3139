package dirtytable

import (
	"fmt"
	"strings"

	"weft/internal/metastore"
)

// SplitName takes "database.table" apart; without a database it is default.
func SplitName(name string) (database, table string, err error) {
	database, table, found := strings.Cut(name, ".")
	if !found {
		database, table = "default", name
	}
	for _, part := range []string{database, table} {
		if part == "" || strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return "", "", fmt.Errorf("table %q: want database.table, of letters, digits and underscores", name)
		}
	}
	return strings.ToLower(database), strings.ToLower(table), nil
}

// query shows the rows of one run.
func query(table, day, job, run string) string {
	return fmt.Sprintf("SELECT * FROM %s WHERE dt = %s AND job = %s AND run_id = %s", table, literal(day), literal(job), literal(run))
}

// literal is a text literal of HiveQL.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

// statements are what makes table and partition by hand.
func statements(table, location, day, job, folder string) []string {
	var columns, keys []string
	for _, c := range Columns() {
		columns = append(columns, fmt.Sprintf("`%s` %s", c.Name, c.Type))
	}
	for _, c := range PartitionKeys() {
		keys = append(keys, c.Name+" "+c.Type)
	}
	return []string{
		fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS %s (%s) PARTITIONED BY (%s) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' ESCAPED BY '\\\\' "+
			"STORED AS TEXTFILE LOCATION %s", table, strings.Join(columns, ", "), strings.Join(keys, ", "), literal(location)),
		fmt.Sprintf("ALTER TABLE %s ADD IF NOT EXISTS PARTITION (dt = %s, job = %s) LOCATION %s", table, literal(day), literal(job), literal(folder)),
	}
}

// table is the table as the metastore is asked to make it.
func table(database, name, owner, location string) *metastore.Table {
	return &metastore.Table{Database: database, Name: name, Owner: owner,
		Parameters: map[string]string{"comment": "rows that weft runs refused for their own content", "external.table.purge": "false"},
		Storage: metastore.Text(location, string(rune(delimiter)), Columns(),
			map[string]string{"escape.delim": string(rune(escape)), "serialization.escape.crlf": "true", "serialization.null.format": nullMarker}),
		PartitionKeys: PartitionKeys()}
}

// fits says whether a table that stands already takes our rows: the same columns
// by name in the same order, ours first, and the same partition keys.
func fits(t *metastore.Table) error {
	compare := func(what string, want, got []metastore.Column, exact bool) error {
		if len(got) < len(want) || exact && len(got) != len(want) {
			return fmt.Errorf("table %s has %d %s, the rows have %d", t, len(got), what, len(want))
		}
		for i := range want {
			if !strings.EqualFold(want[i].Name, got[i].Name) {
				return fmt.Errorf("table %s has %q among its %s where the rows have %q", t, got[i].Name, what, want[i].Name)
			}
		}
		return nil
	}
	if t.Storage.Parameters["field.delim"] != string(rune(delimiter)) || t.Storage.Parameters["escape.delim"] != string(rune(escape)) ||
		!strings.HasSuffix(t.Storage.Serializer, ".LazySimpleSerDe") {
		return fmt.Errorf("table %s is not text with fields parted by \\001 and escaped by a backslash", t)
	}
	if err := compare("columns", Columns(), t.Storage.Columns, false); err != nil {
		return err
	}
	return compare("partition keys", PartitionKeys(), t.PartitionKeys, true)
}
