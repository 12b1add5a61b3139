package postgresql

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// everyType is a table with a column of each kind; everyKind are columns of a
// reader that fit it.
const everyType = `(id bigint PRIMARY KEY, i2 smallint, f real, d double precision, n numeric(20,4), u numeric,
	s varchar(60), y bytea, da date, dt timestamp, ts timestamptz, j json, bo boolean)`

func everyKind() []plugins.Column {
	return []plugins.Column{
		{Name: "id", Kind: plugins.KindInt64},
		{Name: "i2", Kind: plugins.KindInt64, Length: 2, Nullable: true},
		{Name: "f", Kind: plugins.KindFloat32, Nullable: true},
		{Name: "d", Kind: plugins.KindFloat64, Nullable: true},
		{Name: "n", Kind: plugins.KindDecimal, Precision: 20, Scale: 4, Nullable: true},
		{Name: "u", Kind: plugins.KindUint64, Nullable: true},
		{Name: "s", Kind: plugins.KindString, Length: 60, Nullable: true},
		{Name: "y", Kind: plugins.KindBytes, Nullable: true},
		{Name: "da", Kind: plugins.KindDate, Nullable: true},
		{Name: "dt", Kind: plugins.KindDatetime, Scale: 6, Nullable: true},
		{Name: "ts", Kind: plugins.KindTimestamp, Scale: 6, Nullable: true},
		{Name: "j", Kind: plugins.KindJSON, Nullable: true},
		{Name: "bo", Kind: plugins.KindBool, Nullable: true},
	}
}

// writerConfig returns a config for the database, with the JSON of settings over it.
func (s *schema) writerConfig(settings ...string) *WriterConfig {
	s.t.Helper()
	c := newWriterConfig().(*WriterConfig)
	base := fmt.Sprintf(`{"url": "jdbc:postgresql://%s/%s?sslmode=disable", "username": "test", "password": "test"}`, s.db.Addr(), s.name)
	for _, part := range append([]string{base}, settings...) {
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
func (s *schema) newWriter(run string, settings ...string) *Writer {
	s.t.Helper()
	setup := s.setup()
	setup.Run = run
	w, err := NewWriter(s.writerConfig(settings...), setup)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := w.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return w.(*Writer)
}

// number asks for one number.
func (s *schema) number(query string) int {
	s.t.Helper()
	n, err := strconv.Atoi(s.column(query)[0])
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// rowsOf reads a table in the text format of the server, through another driver,
// as plugintest spells rows.
func (s *schema) rowsOf(ctx context.Context, table string, columns []plugins.Column) ([]string, error) {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
		switch c.Kind {
		case plugins.KindBytes:
			list[i] = "translate(encode(" + c.Name + ", 'base64'), E'\\n', '')"
		case plugins.KindBool:
			list[i] = c.Name + "::text"
		case plugins.KindTimestamp:
			list[i] = c.Name + " AT TIME ZONE 'UTC'"
		}
		if c.Kind == plugins.KindDatetime || c.Kind == plugins.KindTimestamp {
			list[i] = "extract(epoch FROM " + list[i] + ")::numeric(30,6)"
		}
	}
	rows, err := s.db.Query(ctx, s.name, "SELECT "+strings.Join(list, ", ")+" FROM "+table)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, cell := range row {
			if cells[k], err = cellText(cell, columns[k]); err != nil {
				return nil, err
			}
		}
		texts[i] = plugintest.Row(cells...)
	}
	return texts, nil
}

// cellText spells one cell as plugins.AppendText spells the value.
func cellText(cell *string, c plugins.Column) (string, error) {
	if cell == nil {
		return plugintest.Null, nil
	}
	var v plugins.Vector
	v.Reset(c.Kind)
	switch c.Kind {
	case plugins.KindFloat32, plugins.KindFloat64:
		x, err := strconv.ParseFloat(*cell, map[plugins.Kind]int{plugins.KindFloat32: 32, plugins.KindFloat64: 64}[c.Kind])
		if err != nil {
			return "", err
		}
		v.AppendFloat(x)
	case plugins.KindDatetime, plugins.KindTimestamp:
		micros, err := strconv.ParseInt(strings.Replace(*cell, ".", "", 1), 10, 64)
		if err != nil {
			return "", err
		}
		v.AppendInt(micros)
	case plugins.KindTime:
		if err := plugins.ParseText(&v, []byte(*cell)); err != nil {
			return "", err
		}
	default:
		return *cell, nil
	}
	return string(plugins.AppendText(nil, &v, 0, 6)), nil
}

var tables atomic.Int64

func TestWriterConformance(t *testing.T) {
	s := newSchema(t)
	for _, c := range []struct{ name, settings, extra string }{
		{"copy", `{}`, ""},
		{"as text", `{}`, ", extra interval"},
		{"upsert", `{"writeMode": "update", "batchSize": 3}`, ""},
		{"staging", `{"mode": "staging", "writeMode": "replace"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			plugintest.Run(t, plugintest.Suite{Writer: s.on(t).suite(c.settings, c.extra)})
		})
	}
}

// suite describes the writer with the settings, on a table of its own for each
// target. extra are further columns of the table; of type interval, it makes all
// rows go as text.
func (s *schema) suite(settings, extra string) *plugintest.Writer {
	columns := everyKind()
	if extra != "" {
		columns = append(columns, plugins.Column{Name: "extra", Kind: plugins.KindTime, Nullable: true})
	}
	return &plugintest.Writer{
		Columns:       columns,
		VisibleAtSeal: !strings.Contains(settings, "staging"),
		NewTarget: func() (*plugintest.Target, error) {
			table := fmt.Sprintf("w%d", tables.Add(1))
			if err := s.db.Exec(context.Background(), s.name, "CREATE TABLE "+table+strings.TrimSuffix(everyType, ")")+extra+")"); err != nil {
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
				Close: func() error {
					return s.db.Exec(context.Background(), s.name, "DROP TABLE "+table, "DROP TABLE IF EXISTS c_"+table)
				},
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
	}
}
