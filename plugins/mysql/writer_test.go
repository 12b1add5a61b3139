package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// everyType is a table with a column of each kind, and the columns of a reader
// that fit it.
const everyType = `(id bigint PRIMARY KEY, i8 tinyint, u64 bigint unsigned, f float, d double, n decimal(20,4),
	s varchar(60), y varbinary(60), bl mediumblob, da date, t time(6), dt datetime(6), ts timestamp(6) NULL, j json, bo tinyint(1))`

func everyKind() []plugins.Column {
	return []plugins.Column{
		{Name: "id", Kind: plugins.KindInt64},
		{Name: "i8", Kind: plugins.KindInt64, Length: 1, Nullable: true},
		{Name: "u64", Kind: plugins.KindUint64, Nullable: true},
		{Name: "f", Kind: plugins.KindFloat32, Nullable: true},
		{Name: "d", Kind: plugins.KindFloat64, Nullable: true},
		{Name: "n", Kind: plugins.KindDecimal, Precision: 20, Scale: 4, Nullable: true},
		{Name: "s", Kind: plugins.KindString, Length: 60, Nullable: true},
		{Name: "y", Kind: plugins.KindBytes, Length: 60, Nullable: true},
		{Name: "bl", Kind: plugins.KindBytes, Nullable: true},
		{Name: "da", Kind: plugins.KindDate, Nullable: true},
		{Name: "t", Kind: plugins.KindTime, Scale: 6, Nullable: true},
		{Name: "dt", Kind: plugins.KindDatetime, Scale: 6, Nullable: true},
		{Name: "ts", Kind: plugins.KindTimestamp, Scale: 6, Nullable: true},
		{Name: "j", Kind: plugins.KindJSON, Nullable: true},
		{Name: "bo", Kind: plugins.KindBool, Nullable: true},
	}
}

// writerConfig returns a config for the schema, with the JSON of settings over it.
func (s *schema) writerConfig(settings ...string) *WriterConfig {
	s.t.Helper()
	c := newWriterConfig().(*WriterConfig)
	text := fmt.Sprintf(`{"url": "jdbc:mysql://%s/%s?useSSL=false", "username": "test", "password": "test"}`, s.db.Addr(), s.name)
	for _, part := range append([]string{text}, settings...) {
		if err := json.Unmarshal([]byte(part), c); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, f := range c.Validate() {
		if f.Severity == plugins.Fail {
			s.t.Fatalf("%s: %s", f.Key, f.Text)
		}
	}
	return c
}

// newWriter returns a writer of its own.
func (s *schema) newWriter(run string, settings ...string) (*Writer, error) {
	setup := s.setup()
	setup.Run = run
	w, err := NewWriter(s.writerConfig(settings...), setup)
	if err != nil {
		return nil, err
	}
	return w.(*Writer), nil
}

// rowsOf reads a table through another driver and protocol, as plugintest
// spells rows.
func (s *schema) rowsOf(ctx context.Context, table string, columns []plugins.Column) ([]string, error) {
	rows, err := s.db.Admin().QueryContext(ctx, "SELECT * FROM "+s.name+"."+table+" WHERE ? = 1", 1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		texts := make([]string, len(columns))
		for i := range cells {
			texts[i] = cellText(cells[i], columns[i])
		}
		list = append(list, plugintest.Row(texts...))
	}
	return list, rows.Err()
}

// cellText spells one cell as plugins.AppendText spells the value.
func cellText(cell any, c plugins.Column) string {
	var v plugins.Vector
	v.Reset(c.Kind)
	switch x := cell.(type) {
	case nil:
		return plugintest.Null
	case float32:
		v.AppendFloat(float64(x))
	case float64:
		v.AppendFloat(x)
	case []byte:
		if c.Kind != plugins.KindBytes {
			return string(x)
		}
		v.AppendBytes(x)
	default:
		return fmt.Sprint(x)
	}
	return string(plugins.AppendText(nil, &v, 0, 6))
}

var tables atomic.Int64

func TestWriterConformance(t *testing.T) { onServers(t, testWriterConformance) }

func testWriterConformance(t *testing.T, s *schema, mariaDB bool) {
	if !mariaDB {
		s.db.Admin().ExecContext(t.Context(), "SET GLOBAL local_infile = 1")
	}
	for _, c := range []struct {
		name, settings string
		everywhere     bool
	}{
		{"load", `{}`, true},
		{"insert", `{"loadData": "never"}`, false},
		{"small statements", `{"loadData": "never", "batchSize": 3}`, false},
		{"upsert", `{"writeMode": "update"}`, true},
		{"staging", `{"mode": "staging", "writeMode": "replace"}`, false},
	} {
		if !mariaDB && !c.everywhere {
			continue // DDL takes MySQL many times as long
		}
		t.Run(c.name, func(t *testing.T) {
			plugintest.Run(t, plugintest.Suite{Writer: s.on(t).suite(c.settings, mariaDB)})
		})
	}
}

// suite describes the writer with the settings, on a table of its own for each
// target.
func (s *schema) suite(settings string, mariaDB bool) *plugintest.Writer {
	columns := everyKind()
	return &plugintest.Writer{
		Columns:       columns,
		VisibleAtSeal: !strings.Contains(settings, "staging"),
		NewTarget: func() (*plugintest.Target, error) {
			table := fmt.Sprintf("w%d", tables.Add(1))
			if err := s.do("CREATE TABLE " + table + everyType); err != nil {
				return nil, err
			}
			own := fmt.Sprintf(`{"table": %q, "checkpointTable": "c_%s"}`, table, table)
			return &plugintest.Target{
				New: func() (plugins.Writer, error) {
					setup := s.setup()
					setup.Run = "plugintest"
					return NewWriter(s.writerConfig(settings, own), setup)
				},
				Visible: func(ctx context.Context) ([]string, error) { return s.rowsOf(ctx, table, columns) },
				Close:   func() error { return s.do("DROP TABLE "+table, "DROP TABLE IF EXISTS c_"+table) },
			}, nil
		},
		Refused: func(b *plugins.Batch, key int) {
			for i := range columns {
				switch {
				case i == 0:
					b.Columns[i].AppendInt(int64(key))
				case columns[i].Name == "s":
					b.Columns[i].AppendString(strings.Repeat("x", 61))
				default:
					b.Columns[i].AppendNull()
				}
			}
			b.EndRow(100)
		},
		Row: func(row string) string {
			values := strings.Split(row, "\x1f")
			last := len(values) - 1
			values[last] = strings.NewReplacer("true", "1", "false", "0").Replace(values[last])
			if !mariaDB {
				values[last-1] = strings.Replace(values[last-1], "-1.5e3", "-1500.0", 1)
			}
			return plugintest.Row(values...)
		},
	}
}

// do runs statements on the schema as the administrator.
func (s *schema) do(statements ...string) error {
	conn, err := s.db.Admin().Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, statement := range append([]string{"USE " + s.name}, statements...) {
		if _, err := conn.ExecContext(context.Background(), statement); err != nil {
			return fmt.Errorf("%.200s: %w", statement, err)
		}
	}
	return nil
}

// number asks for one number.
func (s *schema) number(query string, args ...any) int64 {
	s.t.Helper()
	var n sql.NullInt64
	if err := s.db.Admin().QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n.Int64
}
