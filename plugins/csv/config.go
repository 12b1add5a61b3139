package csv

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

// Config are the reader's settings.
type Config struct {
	Path           []string       `json:"path" doc:"files, folders, or patterns with * and ? in the last part; a path without file system is local"`
	Column         []ColumnConfig `json:"column" doc:"what to read; all columns as text if empty"`
	Header         bool           `json:"header" weft:"alias=skipHeader,isFirstLineHeader" doc:"the first line of each file names its columns"`
	FieldDelimiter string         `json:"fieldDelimiter" doc:"one literal string; \\t and \\u0001 are understood"`
	Quote          string         `json:"quote" doc:"encloses fields that hold delimiters; empty for none"`
	NullFormat     string         `json:"nullFormat" doc:"an unquoted field of this text is NULL"`
	Compress       string         `json:"compress" doc:"gzip or bzip2; by the ending of the name if empty"`
	Encoding       string         `json:"encoding" doc:"UTF-8"`
	DefaultFS      string         `json:"defaultFS" doc:"file system of hdfs:/// paths; the site's fs.defaultFS if empty"`
	HadoopConfig   map[string]any `json:"hadoopConfig" doc:"Hadoop settings laid over those of the site"`
	CSVReader      any            `json:"csvReaderConfig" weft:"ignored" doc:"settings of a Java library"`
}

// ColumnConfig is one column to read. The job may write its name alone.
type ColumnConfig struct {
	Name   string  `json:"name"`
	Type   string  `json:"type"`
	Index  *int    `json:"index"`
	Value  *string `json:"value"`
	Format string  `json:"format"`
}

// UnmarshalJSON takes "name" or {"name","type","index","value","format"}.
func (c *ColumnConfig) UnmarshalJSON(data []byte) error {
	*c = ColumnConfig{}
	if json.Unmarshal(data, &c.Name) == nil {
		return nil
	}
	type plain ColumnConfig // without this method
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return fmt.Errorf("a column is a name or an object of name, type, index, value and format: %w", err)
	}
	return nil
}

// newConfig returns the defaults: of RFC 4180, or of DataX.
func newConfig(rfc bool) *Config {
	f := textfile.CSV()
	c := &Config{FieldDelimiter: f.Delimiter, Quote: string(f.Quote), NullFormat: f.Null}
	if !rfc {
		c.NullFormat = `\N`
	}
	return c
}

// everything says that no columns are listed.
func (c *Config) everything() bool {
	return len(c.Column) == 0 || len(c.Column) == 1 && c.Column[0].Name == "*"
}

// format returns the text format that the settings mean.
func (c *Config) format() textfile.Format {
	f := textfile.CSV()
	f.Delimiter, f.Null, f.Quote = textfile.ParseDelimiter(c.FieldDelimiter), textfile.ParseDelimiter(c.NullFormat), 0
	if c.Quote != "" {
		f.Quote = c.Quote[0]
	}
	return f
}

// codec returns the compression of a file.
func (c *Config) codec(name string) (textfile.Codec, error) {
	if c.Compress != "" {
		return textfile.Codec(strings.ToLower(c.Compress)), nil
	}
	return textfile.CodecOf(name)
}

// hadoop returns the settings of hadoopConfig that are plain values.
func (c *Config) hadoop() map[string]string {
	out := make(map[string]string, len(c.HadoopConfig))
	for key, value := range c.HadoopConfig {
		switch value.(type) {
		case map[string]any, []any, nil:
		default:
			out[key] = fmt.Sprint(value)
		}
	}
	return out
}

// Validate implements plugins.Config. It makes local paths absolute.
func (c *Config) Validate() []plugins.Finding {
	var findings []plugins.Finding
	bad := func(key, hint, format string, args ...any) {
		findings = append(findings, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig,
			Key: key, Text: fmt.Sprintf(format, args...), Hint: hint})
	}
	if len(c.Path) == 0 {
		bad("path", "", "no files to read")
	}
	for i, location := range c.Path {
		absolute, err := absolute(location)
		if err != nil {
			bad(fmt.Sprintf("path[%d]", i), "", "%v", err)
			continue
		}
		c.Path[i] = absolute
	}
	if len(c.Quote) > 1 {
		bad("quote", "", "the quote %q is more than one character", c.Quote)
	}
	if err := c.format().Validate(); err != nil {
		bad("fieldDelimiter", "", "%v", err)
	}
	if err := textfile.CheckCharset(c.Encoding); err != nil {
		bad("encoding", "", "%v", err)
	}
	switch textfile.Codec(strings.ToLower(c.Compress)) {
	case textfile.Plain, textfile.Gzip, textfile.Bzip2:
	default:
		bad("compress", "use gzip or bzip2", "compression %q is not supported", c.Compress)
	}
	c.validateColumns(bad)
	return findings
}

func (c *Config) validateColumns(bad func(key, hint, format string, args ...any)) {
	if c.everything() {
		return
	}
	for i, column := range c.Column {
		key := fmt.Sprintf("column[%d]", i)
		if _, err := column.describe(i); err != nil {
			bad(key+".type", "", "%v", err)
		}
		if column.Index != nil && *column.Index < 0 {
			bad(key+".index", "fields are counted from 0", "there is no field %d", *column.Index)
		}
		if column.Format != "" {
			bad(key+".format", "", "date patterns are not supported, only 2006-01-02 15:04:05.123456")
		}
	}
}

// absolute returns a location with its file system; without one it is local.
func absolute(location string) (string, error) {
	if strings.TrimSpace(location) == "" {
		return "", fmt.Errorf("an empty path")
	}
	if p, err := fsys.Parse(location); err == nil && p.Scheme != "" {
		return location, nil
	}
	name, err := filepath.Abs(location)
	if err != nil {
		return "", err
	}
	return "file://" + name, nil
}
