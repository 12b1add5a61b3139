package hdfs

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/plugins"
	"weft/plugins/plugintest"
)

// everyKind has one column of each kind; times with six digits, as the suite
// spells them.
var everyKind = []plugins.Column{
	{Name: "key", Kind: plugins.KindInt64},
	{Name: "b", Kind: plugins.KindBool, Nullable: true},
	{Name: "i", Kind: plugins.KindInt64, Nullable: true},
	{Name: "u", Kind: plugins.KindUint64, Nullable: true},
	{Name: "f", Kind: plugins.KindFloat32, Nullable: true},
	{Name: "d", Kind: plugins.KindFloat64, Nullable: true},
	{Name: "n", Kind: plugins.KindDecimal, Precision: 38, Scale: 10, Nullable: true},
	{Name: "s", Kind: plugins.KindString, Nullable: true},
	{Name: "y", Kind: plugins.KindBytes, Nullable: true},
	{Name: "day", Kind: plugins.KindDate, Nullable: true},
	{Name: "t", Kind: plugins.KindTime, Scale: 6, Nullable: true},
	{Name: "dt", Kind: plugins.KindDatetime, Scale: 6, Nullable: true},
	{Name: "ts", Kind: plugins.KindTimestamp, Scale: 6, Nullable: true},
	{Name: "j", Kind: plugins.KindJSON, Nullable: true},
}

func writerSuite(t *testing.T, change func(*WriterConfig)) *plugintest.Writer {
	return &plugintest.Writer{
		Columns: everyKind,
		NewTarget: func() (*plugintest.Target, error) {
			w := newWorld(t)
			c := w.config("/t/out", change)
			return &plugintest.Target{
				New:     func() (plugins.Writer, error) { return newWriter(c, setup(), connectTo(w.fs)) },
				Visible: func(ctx context.Context) ([]string, error) { return visibleRows(ctx, w.fs, "/t/out") },
			}, nil
		},
	}
}

// escaped are the settings with which a text table keeps every value.
func escaped(c *WriterConfig) { c.OnDelimiter, c.EscapeCRLF = "escape", true }

func TestWriterConformance(t *testing.T) {
	plugintest.Run(t, plugintest.Suite{Writer: writerSuite(t, escaped)})
}

func TestWriterConformanceGzip(t *testing.T) {
	plugintest.Run(t, plugintest.Suite{Writer: writerSuite(t, func(c *WriterConfig) {
		escaped(c)
		c.Compress, c.MaxFileSize, c.WriteMode = "gzip", 4096, "nonConflict"
	})})
}

func TestWriterConformanceDirty(t *testing.T) {
	suite := writerSuite(t, func(c *WriterConfig) { c.WriteMode = "overwrite" })
	suite.Columns = everyKind[:1:1]
	suite.Columns = append(suite.Columns, plugins.Column{Name: "n", Kind: plugins.KindInt64}, plugins.Column{Name: "s", Kind: plugins.KindDate})
	plugintest.Run(t, plugintest.Suite{Writer: suite})

	suite.Columns = twoColumns
	suite.NewTarget = func() (*plugintest.Target, error) {
		w := newWorld(t)
		c := w.config("/t/out", func(c *WriterConfig) {
			escaped(c)
			c.Column = []ColumnSpec{{Name: "id", Type: "bigint"}, {Name: "name", Type: "varchar(1000)"}}
		})
		return &plugintest.Target{
			New:     func() (plugins.Writer, error) { return newWriter(c, setup(), connectTo(w.fs)) },
			Visible: func(ctx context.Context) ([]string, error) { return visibleRows(ctx, w.fs, "/t/out") },
		}, nil
	}
	suite.Refused = func(b *plugins.Batch, key int) {
		b.Columns[0].AppendInt(int64(key))
		b.Columns[1].AppendString(strings.Repeat("x", 1001))
		b.EndRow(10)
	}
	plugintest.Run(t, plugintest.Suite{Writer: suite})
}

// visibleRows reads a folder as Hive would, without any code of the writer: no
// hidden names, fields parted by \001, \N, backslash escapes.
func visibleRows(ctx context.Context, f fsys.FS, dir string) ([]string, error) {
	entries, err := f.List(ctx, dir)
	if errors.Is(err, errNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, e := range entries {
		if e.Name[0] == '.' || e.Name[0] == '_' {
			continue
		}
		if e.Dir {
			return nil, fmt.Errorf("a folder %s is visible", e.Name)
		}
		data, err := fsys.ReadFile(ctx, f, path.Join(dir, e.Name), 1<<30)
		if err != nil {
			return nil, err
		}
		text, err := unzipped(e.Name, data)
		if err != nil {
			return nil, err
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			return nil, fmt.Errorf("%s ends inside a line", e.Name)
		}
		for line := range strings.Lines(text) {
			rows = append(rows, hiveRow(strings.TrimSuffix(line, "\n")))
		}
	}
	return rows, nil
}

func hiveRow(line string) string {
	var values []string
	for part := range strings.SplitSeq(line, "\x01") {
		// A delimiter inside a value comes behind a backslash.
		if n := len(values); n > 0 && odd(values[n-1]) {
			values[n-1] += "\x01" + part
			continue
		}
		values = append(values, part)
	}
	for i, value := range values {
		if value == `\N` {
			values[i] = plugintest.Null
			continue
		}
		values[i] = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", "\\\x01", "\x01").Replace(value)
	}
	return plugintest.Row(values...)
}

// odd says that a text ends with an odd number of backslashes.
func odd(s string) bool { return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1 }
