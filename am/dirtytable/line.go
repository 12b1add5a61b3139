package dirtytable

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"weft/internal/dirty"
	"weft/internal/metastore"
	"weft/plugins"
)

// Columns are those of the table, PartitionKeys those that name its folders.
func Columns() []metastore.Column {
	return []metastore.Column{
		{Name: "run_id", Type: "string", Comment: "the run"},
		{Name: "app_id", Type: "string", Comment: "the YARN application that laid the row out; NULL outside YARN"},
		{Name: "split", Type: "int", Comment: "the piece of the source"},
		{Name: "source", Type: "string", Comment: "the source and what of it the split is"},
		{Name: "position", Type: "string", Comment: "unit:row within the split"},
		{Name: "pk_json", Type: "string", Comment: "the key's columns as JSON; NULL if none is known"},
		{Name: "column", Type: "string", Comment: "the culprit; NULL if it is the row as a whole"},
		{Name: "code", Type: "string", Comment: "conversion, overflow, too_long, null, constraint, duplicate, ..."},
		{Name: "message", Type: "string", Comment: "why, in words"},
		{Name: "raw_row_json", Type: "string", Comment: "the row as it was read: an object of texts, or one text"},
		{Name: "ts", Type: "timestamp", Comment: "when, UTC"},
	}
}

// PartitionKeys are the table's partition keys.
func PartitionKeys() []metastore.Column {
	return []metastore.Column{
		{Name: "dt", Type: "string", Comment: "the day on which the run began, in the job's time zone"},
		{Name: "job", Type: "string", Comment: "the job's name"},
	}
}

// The text format: fields parted by \001, NULL as \N, and a backslash before
// what would mean something else, with n and r for line ends
// (LazyUtils.writeEscaped, serialization.escape.crlf).
const (
	delimiter  = '\x01'
	escape     = '\\'
	nullMarker = `\N`
)

// maxMessageBytes bounds what a row's cause takes in the table.
const maxMessageBytes = 4096

// rowFormat renders dirty rows.
type rowFormat struct {
	run, application string
	zone             *time.Location // of the four-column form
	sources          []string       // by split
	keys             [][]string     // names of the key's columns, by split
	scrub            func(string) string
}

// append appends a row as a line of the table.
func (f *rowFormat) append(dst []byte, r *dirty.Row) []byte {
	for i, value := range []string{f.run, f.application, strconv.Itoa(r.Split), f.source(r), r.Position(), f.key(r), r.Column,
		string(r.Code), f.message(r), f.scrub(string(r.Original())), r.Time.UTC().Format("2006-01-02 15:04:05.000")} {
		if i > 0 {
			dst = append(dst, delimiter)
		}
		dst = appendField(dst, value)
	}
	return append(dst, '\n')
}

// appendField appends one value; an empty one is NULL.
func appendField(dst []byte, value string) []byte {
	if value == "" {
		return append(dst, nullMarker...)
	}
	for i := range len(value) {
		switch b := value[i]; b {
		case '\n':
			dst = append(dst, escape, 'n')
		case '\r':
			dst = append(dst, escape, 'r')
		case delimiter, escape:
			dst = append(dst, escape, b)
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

func (f *rowFormat) source(r *dirty.Row) string {
	if r.Split < 0 || r.Split >= len(f.sources) {
		return ""
	}
	return f.scrub(f.sources[r.Split])
}

// key is the key as a JSON object, "" if it is not known.
func (f *rowFormat) key(r *dirty.Row) string {
	fields := r.Fields()
	if r.Split < 0 || r.Split >= len(f.keys) || len(f.keys[r.Split]) == 0 || fields == nil {
		return ""
	}
	key := make(map[string]*string)
	for _, name := range f.keys[r.Split] {
		value, ok := fields[name]
		if !ok {
			return ""
		}
		key[name] = value
	}
	text, err := json.Marshal(key)
	if err != nil { // cannot be: texts always have a JSON form
		return ""
	}
	return f.scrub(string(text))
}

func (f *rowFormat) message(r *dirty.Row) string {
	text := strings.ToValidUTF8(f.scrub(r.Cause), string(utf8.RuneError))
	if len(text) > maxMessageBytes {
		text = strings.ToValidUTF8(text[:maxMessageBytes], "") + "… (cut)"
	}
	return text
}

// appendOld appends a row as a line of FlinkX's file (DirtyDataManager): the row
// as JSON, its kind, the cause as a JSON string, the time.
func (f *rowFormat) appendOld(dst []byte, r *dirty.Row) []byte {
	row := f.scrub(string(r.Original()))
	if row == "" {
		row = "{}"
	}
	cause := string(r.Code) + ": " + f.message(r)
	if r.Column != "" {
		cause = "column " + r.Column + ": " + cause
	}
	text, err := json.Marshal(cause)
	if err != nil { // cannot be: a string always has a JSON form
		text = nil
	}
	// JSON has escapes for line ends and control characters, so that nothing here needs others.
	for i, value := range []string{row, oldKind(r.Code), string(text), r.Time.In(f.zone).Format("2006-01-02 15:04:05")} {
		if i > 0 {
			dst = append(dst, delimiter)
		}
		dst = append(dst, value...)
	}
	return append(dst, '\n')
}

// oldKind is FlinkX's name for a code. FlinkX knows "other" and never writes it.
func oldKind(code plugins.RowCode) string {
	switch code {
	case plugins.RowNull:
		return "npe"
	case plugins.RowDuplicate:
		return "duplicate"
	case plugins.RowConversion, plugins.RowOverflow, plugins.RowPrecision, plugins.RowTooLong, plugins.RowEncoding,
		plugins.RowDelimiter, plugins.RowFormat:
		return "conversion"
	}
	return "other"
}
