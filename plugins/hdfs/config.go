package hdfs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"weft/internal/textfile"
	"weft/plugins"
)

// Place is what both sides say about where files lie and how their text looks.
type Place struct {
	DefaultFS      string         `json:"defaultFS" doc:"file system of paths without one: hdfs://ns1, file:///; the site's fs.defaultFS if empty"`
	FileType       string         `json:"fileType" doc:"text"`
	FieldDelimiter string         `json:"fieldDelimiter" weft:"filled,alias=columnDelimiter" doc:"one literal string; \\001, \\u0001 and \\t are understood"`
	NullFormat     string         `json:"nullFormat" doc:"how NULL is written"`
	Encoding       string         `json:"encoding" weft:"alias=charsetName" doc:"UTF-8"`
	HadoopConfig   map[string]any `json:"hadoopConfig" doc:"Hadoop settings laid over those of the site"`
	EscapeChar     string         `json:"escapeChar" doc:"the escape.delim of the Hive table"`
	EscapeCRLF     bool           `json:"escapeCrlf" doc:"the serialization.escape.crlf of the Hive table"`
	HaveKerberos   bool           `json:"haveKerberos" doc:"must be false: identities belong to the site's configuration"`
	Keytab         string         `json:"kerberosKeytabFilePath" weft:"ignored" doc:"identities belong to the site's configuration"`
	Principal      string         `json:"kerberosPrincipal" weft:"ignored" doc:"identities belong to the site's configuration"`
	RemoteDir      any            `json:"remoteDir" weft:"ignored" doc:"keytabs are not fetched from elsewhere"`
	SftpConf       any            `json:"sftpConf" weft:"ignored" doc:"keytabs are not fetched from elsewhere"`
}

func newPlace() Place {
	f := textfile.Hive()
	return Place{FileType: "text", FieldDelimiter: f.Delimiter, NullFormat: f.Null}
}

// format returns the text format that the settings mean.
func (p *Place) format() textfile.Format {
	f := textfile.Hive()
	f.Delimiter = textfile.ParseDelimiter(p.FieldDelimiter)
	f.Null = textfile.ParseDelimiter(p.NullFormat)
	f.EscapeCRLF = p.EscapeCRLF
	if escape := textfile.ParseDelimiter(p.EscapeChar); escape != "" {
		f.Escape = escape[0]
	}
	return f
}

// hadoop returns the settings of hadoopConfig that are plain values.
func (p *Place) hadoop() map[string]string {
	out := make(map[string]string, len(p.HadoopConfig))
	for key, value := range p.HadoopConfig {
		switch value.(type) {
		case map[string]any, []any, nil:
		default:
			out[key] = fmt.Sprint(value)
		}
	}
	return out
}

// validate adds to findings what is wrong with the place.
func (p *Place) validate(findings []plugins.Finding) []plugins.Finding {
	bad := func(key, hint, format string, args ...any) {
		findings = append(findings, fail(key, hint, format, args...))
	}
	switch strings.ToLower(p.FileType) {
	case "text", "":
	default:
		bad("fileType", "use text", "file type %q is not supported", p.FileType)
	}
	if err := textfile.CheckCharset(p.Encoding); err != nil {
		bad("encoding", "", "%v", err)
	}
	if p.HaveKerberos {
		bad("haveKerberos", "configure the identity in the site's core-site.xml", "a Kerberos identity inside a job is not supported")
	}
	if len(textfile.ParseDelimiter(p.EscapeChar)) > 1 {
		bad("escapeChar", "", "the escape character %q is more than one byte", p.EscapeChar)
	}
	if p.FieldDelimiter == "" {
		p.FieldDelimiter = textfile.Hive().Delimiter
	}
	return findings
}

// fail is a finding about the job's own settings.
func fail(key, hint, format string, args ...any) plugins.Finding {
	return plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: key,
		Text: fmt.Sprintf(format, args...), Hint: hint}
}

// Mode says what becomes of the files that the target holds already.
type Mode string

// The write modes, and the names DataX has for them beside: truncate for
// overwrite. With DataX's fileName the last two are about files of that prefix.
const (
	// Append leaves them.
	Append Mode = "append"
	// Overwrite moves them away when the new files are in.
	Overwrite Mode = "overwrite"
	// NonConflict refuses to start when there is any.
	NonConflict Mode = "nonConflict"
)

// ParseMode returns the mode that jobs spell as name, in any case; empty is
// Append.
func ParseMode(name string) (Mode, error) {
	switch strings.ToLower(name) {
	case "", "append", "insert":
		return Append, nil
	case "overwrite", "truncate":
		return Overwrite, nil
	case "nonconflict":
		return NonConflict, nil
	}
	return "", fmt.Errorf("write mode %q is unknown: append, overwrite or nonConflict", name)
}

// WriterConfig is the writer's side of a job.
type WriterConfig struct {
	Place
	Path             string       `json:"path" doc:"the folder that receives the files"`
	FileName         string       `json:"fileName" doc:"a folder below path, such as pt=1; in DataX jobs the beginning of file names"`
	WriteMode        string       `json:"writeMode" doc:"append, overwrite or nonConflict"`
	Column           []ColumnSpec `json:"column" doc:"names and Hive types; the reader's if left out"`
	FullColumnName   []string     `json:"fullColumnName" doc:"all columns of the table, where column names only some"`
	FullColumnType   []string     `json:"fullColumnType" doc:"their types"`
	Compress         string       `json:"compress" doc:"gzip or none"`
	MaxFileSize      int64        `json:"maxFileSize" doc:"bytes after which the next file is begun"`
	OnDelimiter      string       `json:"onDelimiter" doc:"dirty, escape or replace: what happens to values with a delimiter, line end or NULL marker inside"`
	Replacement      string       `json:"replacement" doc:"what replace puts in"`
	WriteSuccessFile bool         `json:"writeSuccessFile" doc:"write _SUCCESS when all files are visible"`

	RowGroupSize     any `json:"rowGroupSize" weft:"ignored,alias=rowGroupSIze" doc:"concerns parquet"`
	EnableDictionary any `json:"enableDictionary" weft:"ignored" doc:"concerns parquet"`
	ParquetSchema    any `json:"parquetSchema" weft:"ignored" doc:"concerns parquet"`
	FlushInterval    any `json:"flushInterval" weft:"ignored" doc:"files become visible at the commit, all at once"`
	NextCheckRows    any `json:"nextCheckRows" weft:"ignored" doc:"the size of a file is known exactly"`
	JobIdentifier    any `json:"jobIdentifier" weft:"ignored" doc:"every run has a folder of its own"`
	FinishedFileName any `json:"finishedFileName" weft:"ignored" doc:"see writeSuccessFile"`

	mode   Mode
	policy textfile.Policy
	codec  textfile.Codec
}

// defaultMaxFileBytes is FlinkX's default of maxFileSize.
const defaultMaxFileBytes = 1 << 30

func newWriterConfig() *WriterConfig {
	return &WriterConfig{Place: newPlace(), MaxFileSize: defaultMaxFileBytes, Replacement: " "}
}

// Validate implements plugins.Config.
func (c *WriterConfig) Validate() []plugins.Finding {
	findings := c.validate(nil)
	bad := func(key, hint, format string, args ...any) {
		findings = append(findings, fail(key, hint, format, args...))
	}
	if c.Path == "" {
		bad("path", "", "no path")
	}
	if strings.Contains(c.FileName, "..") || strings.HasPrefix(c.FileName, ".") || strings.HasPrefix(c.FileName, "_") {
		bad("fileName", "", "%q is no name of visible files", c.FileName)
	}
	if c.MaxFileSize <= 0 {
		c.MaxFileSize = defaultMaxFileBytes
	}
	var err error
	if c.mode, err = ParseMode(c.WriteMode); err != nil {
		bad("writeMode", "", "%v", err)
	}
	switch strings.ToLower(c.Compress) {
	case "", "none":
		c.codec = textfile.Plain
	case "gzip", "gz":
		c.codec = textfile.Gzip
	default:
		bad("compress", "use gzip or none", "compression %q is not supported for text files", c.Compress)
	}
	return c.validateColumns(c.validateText(findings))
}

func (c *WriterConfig) validateText(findings []plugins.Finding) []plugins.Finding {
	var err error
	if c.policy, err = textfile.ParsePolicy(c.OnDelimiter); err != nil {
		return append(findings, fail("onDelimiter", "", "%v", err))
	}
	if c.policy == textfile.Escape && c.EscapeChar == "" {
		c.EscapeChar = `\\`
	}
	if c.policy != textfile.Escape && c.EscapeChar != "" {
		return append(findings, fail("escapeChar", `set onDelimiter to "escape"`, "an escape character needs onDelimiter escape"))
	}
	_, err = textfile.NewEncoder(textfile.EncoderOptions{Format: c.format(), OnDelimiter: c.policy, Replacement: c.Replacement,
		Columns: []plugins.Column{{Name: "any", Kind: plugins.KindString}}})
	if err != nil {
		return append(findings, fail("fieldDelimiter", "", "%v", err))
	}
	if c.format().Null == "" {
		findings = append(findings, plugins.Finding{Severity: plugins.Warn, Key: "nullFormat",
			Text: "NULL is written as an empty text, so empty texts become NULL"})
	}
	return findings
}

func (c *WriterConfig) validateColumns(findings []plugins.Finding) []plugins.Finding {
	if len(c.Column) == 1 && c.Column[0].Name == "*" && c.Column[0].Type == "" {
		c.Column = nil
	}
	for i, column := range c.Column {
		if column.Name == "" {
			findings = append(findings, fail(fmt.Sprintf("column[%d]", i), "", "the column has no name"))
		}
		if column.Type == "" {
			continue
		}
		if _, err := parseType(column.Type); err != nil {
			findings = append(findings, fail(fmt.Sprintf("column[%d].type", i), "", "column %q: %v", column.Name, err))
		}
	}
	for i, column := range c.Column { // a Hive table cannot have it either
		if first := indexFold(names(c.Column), column.Name); column.Name != "" && first < i {
			findings = append(findings, fail(fmt.Sprintf("column[%d]", i), "", "column %q is given twice", column.Name))
		}
	}
	if len(c.FullColumnName) == 0 {
		return findings
	}
	if len(c.Column) == 0 {
		return append(findings, fail("fullColumnName", "", "fullColumnName needs column, which says what the reader's columns are called"))
	}
	for _, column := range c.Column {
		if indexFold(c.FullColumnName, column.Name) < 0 {
			findings = append(findings, fail("fullColumnName", "", "column %q is not in fullColumnName", column.Name))
		}
	}
	return findings
}

func names(columns []ColumnSpec) []string {
	list := make([]string, 0, len(columns))
	for _, c := range columns {
		list = append(list, c.Name)
	}
	return list
}

// indexFold finds name in list, whatever the case, as Hive does.
func indexFold(list []string, name string) int {
	for i, s := range list {
		if strings.EqualFold(s, name) {
			return i
		}
	}
	return -1
}

// ReaderConfig is the reader's side of a job.
type ReaderConfig struct {
	Place
	Path        Paths        `json:"path" doc:"files, folders or patterns (* ? [a-z] {a,b}), one, several with commas, or a list"`
	FileName    string       `json:"fileName" doc:"appended to each path"`
	FilterRegex string       `json:"filterRegex" doc:"only files whose whole name matches"`
	Column      []ColumnSpec `json:"column" doc:"fields by index, constants by value, folder names by isPart; [\"*\"] for all as texts"`
	Compress    string       `json:"compress" doc:"gzip or bzip2 for files whose names do not tell"`

	CSVReaderConfig any `json:"csvReaderConfig" weft:"ignored" doc:"read CSV with the csv plugin"`

	filter *regexp.Regexp
	codec  textfile.Codec
}

func newReaderConfig() *ReaderConfig { return &ReaderConfig{Place: newPlace()} }

// Validate implements plugins.Config.
func (c *ReaderConfig) Validate() []plugins.Finding {
	findings := c.validate(nil)
	bad := func(key, hint, format string, args ...any) {
		findings = append(findings, fail(key, hint, format, args...))
	}
	if len(c.Path) == 0 || slices.Contains(c.Path, "") {
		bad("path", "", "no path")
	}
	if err := c.format().Validate(); err != nil {
		bad("fieldDelimiter", "", "%v", err)
	}
	if c.FilterRegex != "" {
		var err error
		if c.filter, err = regexp.Compile("^(?:" + c.FilterRegex + ")$"); err != nil {
			bad("filterRegex", "", "%v", err)
		}
	}
	switch strings.ToLower(c.Compress) {
	case "", "none":
	case "gzip", "gz":
		c.codec = textfile.Gzip
	case "bzip2", "bz2":
		c.codec = textfile.Bzip2
	default:
		bad("compress", "", "compression %q is not supported", c.Compress)
	}
	if len(c.Column) == 0 {
		bad("column", `["*"] reads all fields as texts`, "no column")
	}
	if _, err := resolve(c.Column, 1); err != nil {
		bad("column", "", "%v", err)
	}
	return findings
}

// everything says that all fields are wanted, as texts.
func (c *ReaderConfig) everything() bool { return len(c.Column) == 1 && c.Column[0].Name == "*" }
