package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weft/plugins"
)

// ReaderConfig are the reader's settings.
type ReaderConfig struct {
	Column           []ColumnConfig `json:"column" doc:"the columns to generate"`
	Rows             int64          `json:"rows" doc:"number of rows in all"`
	SliceRecordCount Counts         `json:"sliceRecordCount" doc:"rows of each channel: a list, or DataX's one number for all"`
	Seed             uint64         `json:"seed" doc:"other seeds give other rows"`
	NullRatio        float64        `json:"nullRatio" doc:"share of NULLs in columns that name none themselves, 0 to 1"`
}

// ColumnConfig is one column to generate.
type ColumnConfig struct {
	Name      string   `json:"name" doc:"column name; c0, c1 ... if empty"`
	Type      string   `json:"type" doc:"kind, with length or precision and scale in parentheses; id counts rows from 1"`
	Value     *Literal `json:"value" doc:"the same value for every row; the text null is NULL"`
	Random    string   `json:"random" doc:"min,max of numbers and times, of the length of texts; shares of true and false of a bool"`
	NullRatio *float64 `json:"nullRatio" doc:"share of NULLs, 0 to 1"`
	// DateFormat is DataX's pattern of a date value.
	DateFormat string `json:"dateFormat" weft:"ignored" doc:"values are read as 2006-01-02 15:04:05"`
}

// Literal is a value that a job may write as text, number or boolean.
type Literal string

// UnmarshalJSON takes a string, number, boolean or null.
func (l *Literal) UnmarshalJSON(data []byte) error {
	var text string
	switch {
	case json.Unmarshal(data, &text) == nil:
		*l = Literal(text)
	case len(data) > 0 && data[0] != '[' && data[0] != '{':
		*l = Literal(data)
	default:
		return fmt.Errorf("a value is text, a number, true or false, not %s", data)
	}
	return nil
}

// Counts are numbers of rows. The job may write one number, text, or a list of
// either; PerChannel tells one number from a list.
type Counts struct {
	List       []int64
	PerChannel bool
}

// UnmarshalJSON takes 100, "100", [100, "200"].
func (c *Counts) UnmarshalJSON(data []byte) error {
	items := []Literal{""}
	c.PerChannel = !bytes.HasPrefix(bytes.TrimSpace(data), []byte("["))
	var err error
	if c.PerChannel {
		err = items[0].UnmarshalJSON(data)
	} else {
		err = json.Unmarshal(data, &items)
	}
	if err != nil {
		return fmt.Errorf("row counts: %w", err)
	}
	c.List = nil
	for _, item := range items {
		n, err := strconv.ParseInt(strings.TrimSpace(string(item)), 10, 64)
		if err != nil {
			return fmt.Errorf("row count %q is no whole number", item)
		}
		c.List = append(c.List, n)
	}
	return nil
}

// Validate implements plugins.Config.
func (c *ReaderConfig) Validate() []plugins.Finding {
	var findings []plugins.Finding
	bad := func(key, hint, format string, args ...any) {
		findings = append(findings, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig,
			Key: key, Text: fmt.Sprintf(format, args...), Hint: hint})
	}
	if len(c.Column) == 0 {
		bad("column", "", "no columns to generate")
	}
	switch {
	case c.Rows < 0:
		bad("rows", "", "%d rows cannot be generated", c.Rows)
	case c.Rows > 0 && len(c.SliceRecordCount.List) > 0:
		bad("rows", "give one of them", "both rows and sliceRecordCount are given")
	case c.Rows == 0 && len(c.SliceRecordCount.List) == 0:
		bad("rows", "say how many rows", "a stream without end is no batch job")
	}
	for i, n := range c.SliceRecordCount.List {
		if n <= 0 {
			bad(fmt.Sprintf("sliceRecordCount[%d]", i), "say how many rows", "a count of %d means a stream without end, which is no batch job", n)
		}
	}
	if !isRatio(c.NullRatio) {
		bad("nullRatio", "", "a share of %v is not between 0 and 1", c.NullRatio)
	}
	for i := range c.Column {
		key := fmt.Sprintf("column[%d]", i)
		if r := c.Column[i].NullRatio; r != nil && !isRatio(*r) {
			bad(key+".nullRatio", "", "a share of %v is not between 0 and 1", *r)
		}
		if _, err := newColumn(c, i, plugins.Setup{}); err != nil {
			bad(key, "", "%v", err)
		}
		if _, err := parseType(c.Column[i].Type); errors.Is(err, plugins.ErrUnknownType) {
			findings = append(findings, plugins.Finding{Severity: plugins.Warn, Key: key + ".type",
				Text: fmt.Sprintf("%v: a native job is refused for it, others get random text", err)})
		}
	}
	return findings
}

func isRatio(x float64) bool { return x >= 0 && x <= 1 }

// WriterConfig are the settings of the writers.
type WriterConfig struct {
	Print          *bool   `json:"print" doc:"print the rows; default false, in DataX jobs true"`
	FieldDelimiter string  `json:"fieldDelimiter" weft:"alias=writeDelimiter" doc:"between values; default a tab, in FlinkX jobs |"`
	NullFormat     *string `json:"nullFormat" doc:"how NULL is printed; default NULL"`
	Path           string  `json:"path" doc:"must be empty: files are written by the hdfs plugin"`
	FileName       string  `json:"fileName" weft:"ignored" doc:"files are written by the hdfs plugin"`
	Encoding       string  `json:"encoding" weft:"ignored" doc:"what is printed is UTF-8"`
	Column         any     `json:"column" weft:"ignored" doc:"all columns are printed"`
	BatchInterval  any     `json:"batchInterval" weft:"ignored" doc:"batches are cut by the engine"`
	RecordsToSleep any     `json:"recordNumBeforeSleep" weft:"ignored" doc:"use setting.speed to go slowly"`
	SleepTime      any     `json:"sleepTime" weft:"ignored" doc:"use setting.speed to go slowly"`
}

// Validate implements plugins.Config.
func (c *WriterConfig) Validate() []plugins.Finding {
	if c.Path == "" {
		return nil
	}
	return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: "path",
		Text: "this writer makes no files", Hint: `use the hdfs writer with a path such as "file:///tmp/out"`}}
}
