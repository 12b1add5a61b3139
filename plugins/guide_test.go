package plugins_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"testing"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// The code between the two lines stands in docs/plugin-guide.md; a test in
// internal/lint compares them.

// guide begins

// squaresConfig is what a job may say: {"count": 1000}.
type squaresConfig struct {
	Count int64 `json:"count"`
}

func (c *squaresConfig) Validate() []plugins.Finding {
	if c.Count > 0 {
		return nil
	}
	return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: "count",
		Text: fmt.Sprintf("count is %d; at least 1 is needed", c.Count)}}
}

// squares reads the numbers 1 to count and their squares. A position is the
// last number read, so it resumes after any row.
type squares struct {
	count     int64
	next, end int64 // of the open split
}

func (s *squares) Describe(context.Context) ([]plugins.Column, error) {
	return []plugins.Column{{Name: "n", Kind: plugins.KindInt64}, {Name: "square", Kind: plugins.KindInt64}}, nil
}

// Splits cuts 1..count into want ranges.
func (s *squares) Splits(_ context.Context, want int) ([]plugins.Split, error) {
	var list []plugins.Split
	for i := range int64(want) {
		from, to := s.count*i/int64(want), s.count*(i+1)/int64(want)
		if from == to {
			continue // fewer numbers than were wanted splits
		}
		data, err := json.Marshal([2]int64{from, to})
		if err != nil {
			return nil, err
		}
		list = append(list, plugins.Split{ID: len(list), Label: fmt.Sprintf("%d to %d", from+1, to), Rows: to - from, Data: data})
	}
	return list, nil
}

func (s *squares) Open(_ context.Context, split plugins.Split, from plugins.Position) error {
	var bounds [2]int64
	if err := json.Unmarshal(split.Data, &bounds); err != nil {
		return fmt.Errorf("open %s: %w", split, err)
	}
	s.next, s.end = bounds[0]+1, bounds[1]+1
	if from != "" {
		last, err := strconv.ParseInt(string(from), 10, 64)
		if err != nil {
			return fmt.Errorf("open %s: position %q: %w", split, from, err)
		}
		s.next = last + 1
	}
	return nil
}

func (s *squares) Read(ctx context.Context, b *plugins.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.next == s.end {
		return io.EOF
	}
	for ; s.next < s.end && !b.Full(); s.next++ {
		b.Columns[0].AppendInt(s.next)
		b.Columns[1].AppendInt(s.next * s.next)
		b.EndRow(16)
		b.Position = plugins.Position(strconv.FormatInt(s.next, 10))
	}
	return nil
}

func (s *squares) Close() error { return nil }

// Squares is the plugin, to be named in plugins/all.
var Squares = plugins.Plugin{
	Name:            "squares",
	Summary:         "reads numbers and their squares",
	NewReaderConfig: func() plugins.Config { return &squaresConfig{Count: 100} },
	NewReader: func(c plugins.Config, _ plugins.Setup) (plugins.Reader, error) {
		return &squares{count: c.(*squaresConfig).Count}, nil
	},
}

// guide ends

func TestGuide(t *testing.T) {
	columns, err := new(squares).Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plugintest.Run(t, plugintest.Suite{Reader: &plugintest.Reader{
		New:     func() (plugins.Reader, error) { return Squares.NewReader(&squaresConfig{Count: 1000}, plugins.Setup{}) },
		Columns: columns,
		Rows:    1000,
		Resumes: true,
	}})
}
