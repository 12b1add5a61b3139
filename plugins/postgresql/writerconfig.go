package postgresql

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"weft/internal/sqlread"
	"weft/internal/sqlwrite"
	"weft/plugins"
)

// WriterConfig holds the settings of the writer. FlinkX's and DataX's
// postgresqlwriter keys are read as they stand; README.md explains every key.
type WriterConfig struct {
	// Username and Password log in; a connection may have its own.
	Username string         `json:"username" weft:"alias=user"`
	Password plugins.Secret `json:"password"`
	// Connection names the server and the table, as in FlinkX and DataX.
	Connection []Connection `json:"connection"`
	// URL, or Host with Port and Database, names the server in short form.
	URL      sqlread.Strings `json:"url" weft:"alias=jdbcUrl"`
	Host     string          `json:"host"`
	Port     int             `json:"port"`
	Database string          `json:"database"`
	// Schema is the schema of the table, if its name does not have it.
	Schema string `json:"schema"`
	// Table is the table of the short form.
	Table sqlread.Strings `json:"table"`
	// Column lists the columns to write, in the order of the reader's; empty
	// or "*" matches them by itself.
	Column sqlread.Columns `json:"column"`
	// WriteMode is insert, update (upsert) or replace.
	WriteMode string `json:"writeMode"`
	// Mode is direct, or staging: the rows are loaded into a table beside the
	// target, which takes its place at the end.
	Mode string `json:"mode"`
	// PreSQL and PostSQL are run once, before the first and after the last row.
	PreSQL  sqlwrite.Statements `json:"preSql"`
	PostSQL sqlwrite.Statements `json:"postSql"`
	// Session lists statements that every connection starts with.
	Session sqlread.Strings `json:"session"`
	// BatchSize is the most rows that one COPY holds.
	BatchSize int `json:"batchSize"`
	// UpdateKey names the columns of the unique key by which update and replace
	// find rows: a list, or FlinkX's {"key": [...]}; empty for the first that
	// the job writes as a whole.
	UpdateKey json.RawMessage `json:"updateKey"`
	// ExactlyOnce keeps a checkpoint row beside the rows, in their
	// transaction. Without it a unit that was under way may be written twice.
	ExactlyOnce bool `json:"exactlyOnce"`
	// CheckpointTable is the name of the table of checkpoints.
	CheckpointTable string `json:"checkpointTable"`
	// TLS says how the connection is encrypted.
	TLS TLS `json:"tls"`
	// QueryTimeOut is the seconds that one statement may take.
	QueryTimeOut int `json:"queryTimeOut"`
	// ConnectTimeout is the seconds for connecting and logging in.
	ConnectTimeout int `json:"connectTimeout"`

	FullColumn json.RawMessage `json:"fullColumn" weft:"ignored,alias=fullcolumn"`
	Properties json.RawMessage `json:"properties" weft:"ignored"`
	InsertMode json.RawMessage `json:"insertSqlMode" weft:"ignored"`
	WithNoLock json.RawMessage `json:"withNoLock" weft:"ignored"`
	EmptyNull  json.RawMessage `json:"emptyAsNull" weft:"ignored"`

	BatchByteSize json.RawMessage `json:"batchByteSize" weft:"ignored"`

	mode      sqlwrite.Mode // WriteMode, understood
	updateKey []string      // UpdateKey, understood
}

// Values of the setting mode.
const (
	modeDirect  = "direct"
	modeStaging = "staging"
)

// maxBatchSize is the largest batchSize, FlinkX's own limit.
const maxBatchSize = 200_000

func newWriterConfig() plugins.Config {
	return &WriterConfig{Mode: modeDirect, BatchSize: 8192, ExactlyOnce: true,
		CheckpointTable: sqlwrite.CheckpointTable, QueryTimeOut: 1000, ConnectTimeout: 10}
}

// server returns the part of the settings that names and reaches the server,
// in the form the reader has.
func (c *WriterConfig) server() *Config {
	return &Config{Username: c.Username, Password: c.Password, Connection: c.Connection, URL: c.URL, Host: c.Host,
		Port: c.Port, Database: c.Database, Schema: c.Schema, Table: c.Table, TLS: c.TLS}
}

// Validate implements plugins.Config. It also fills in tls.mode from the URL's
// parameters, or by default.
func (c *WriterConfig) Validate() []plugins.Finding {
	s := c.server()
	ends, found := s.endpoints()
	found = append(found, s.applyParameters()...)
	c.TLS = s.TLS
	found = append(found, c.TLS.validate()...)
	found = append(found, c.Column.Validate("column")...)
	if len(found) == 0 || !hasFail(found) {
		found = append(found, oneTable(ends)...)
	}
	for i, column := range c.Column {
		if column.Value != nil {
			found = append(found, configFinding(fmt.Sprintf("column[%d]", i), "a constant is given in the reader's columns, not in the writer's", ""))
		}
	}
	var err error
	if c.mode, err = sqlwrite.ParseMode(c.WriteMode); err != nil {
		found = append(found, configFinding("writeMode", err.Error(), ""))
	}
	if c.updateKey, err = parseUpdateKey(c.UpdateKey); err != nil {
		found = append(found, configFinding("updateKey", err.Error(), ""))
	}
	return append(found, c.validateChoices()...)
}

// parseUpdateKey reads a list of names, or FlinkX's object of one such list.
func parseUpdateKey(text json.RawMessage) ([]string, error) {
	var list []string
	var named map[string][]string
	switch {
	case len(text) == 0 || string(text) == "null":
		return nil, nil
	case json.Unmarshal(text, &list) == nil:
		return list, nil
	case json.Unmarshal(text, &named) != nil || len(named) > 1:
		return nil, errors.New("want a list of columns, or one such list under the name key")
	}
	for _, columns := range named {
		list = columns
	}
	return list, nil
}

func hasFail(found []plugins.Finding) bool {
	for _, f := range found {
		if f.Severity == plugins.Fail {
			return true
		}
	}
	return false
}

// oneTable refuses what would write one row to several places, or to one of
// them by chance.
func oneTable(ends []endpoint) []plugins.Finding {
	if len(ends) != 1 {
		return []plugins.Finding{configFinding("connection", fmt.Sprintf("%d servers are named, rows go to one", len(ends)), "write one job for each")}
	}
	if e := ends[0]; len(e.queries) > 0 || len(e.tables) != 1 {
		return []plugins.Finding{configFinding(strings.TrimPrefix(e.key+".table", "."),
			fmt.Sprintf("%d tables are named, rows go to one", len(e.tables)), "write one job for each")}
	}
	return nil
}

func (c *WriterConfig) validateChoices() []plugins.Finding {
	var found []plugins.Finding
	fail := func(key, hint, format string, args ...any) {
		found = append(found, configFinding(key, fmt.Sprintf(format, args...), hint))
	}
	if c.Mode != modeDirect && c.Mode != modeStaging {
		fail("mode", "", "%q is none of direct, staging", c.Mode)
	}
	if c.BatchSize < 1 || c.BatchSize > maxBatchSize {
		fail("batchSize", "", "%d is no number of rows from 1 to %d", c.BatchSize, maxBatchSize)
	}
	if c.CheckpointTable == "" || len(c.CheckpointTable) > 63 {
		fail("checkpointTable", "", "%q is no name of a table", c.CheckpointTable)
	}
	if c.Mode == modeStaging && !c.ExactlyOnce {
		fail("exactlyOnce", "leave exactlyOnce out", "the staging table is swapped in once, which needs the checkpoints")
	}
	for key, value := range map[string]int{"queryTimeOut": c.QueryTimeOut, "connectTimeout": c.ConnectTimeout} {
		if value < 0 || value > 7*86_400 {
			fail(key, "", "%d is no number of seconds from 0 to 604800", value)
		}
	}
	return found
}
