package postgresql

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

// Config holds the settings of the reader. FlinkX's and DataX's postgresqlreader
// keys are read as they stand; url, host, table and query beside them are
// the shorter form of new jobs. README.md explains every key.
type Config struct {
	// Username and Password log in; a connection may have its own.
	Username string         `json:"username" weft:"alias=user"`
	Password plugins.Secret `json:"password"`
	// Connection lists servers with their tables, as in FlinkX and DataX.
	Connection []Connection `json:"connection"`
	// URL, or Host with Port and Database, names the server in short form.
	URL      sqlread.Strings `json:"url" weft:"alias=jdbcUrl"`
	Host     string          `json:"host"`
	Port     int             `json:"port"`
	Database string          `json:"database"`
	// Schema is the schema of tables that are named without one.
	Schema string `json:"schema"`
	// Table holds the tables of the short form.
	Table sqlread.Strings `json:"table"`
	// Column selects what is read; empty or "*" means all columns.
	Column sqlread.Columns `json:"column"`
	// Where is a condition in SQL, added to every query.
	Where string `json:"where"`
	// SplitPk is the column by which the work is split; empty for the
	// primary key.
	SplitPk string `json:"splitPk"`
	// CustomSQL replaces the table by a query.
	CustomSQL string `json:"customSql" weft:"alias=query"`
	// IncreColumn is the column by whose growth new rows are known.
	IncreColumn sqlread.Text `json:"increColumn"`
	// StartLocation is where the first incremental run starts, exclusive.
	StartLocation sqlread.Text `json:"startLocation"`
	// UseMaxFunc leaves the rows with the newest value of IncreColumn to the
	// next run, when all of them are there; startLocation is then inclusive.
	UseMaxFunc bool `json:"useMaxFunc"`
	// Session lists statements that every connection starts with.
	Session sqlread.Strings `json:"session"`
	// SpecialValue says what becomes of infinite dates and times and of NaN
	// and infinity in numeric: error or null.
	SpecialValue string `json:"specialValue"`
	// TLS says how the connection is encrypted.
	TLS TLS `json:"tls"`
	// QueryTimeOut is the seconds until the first row of a query.
	QueryTimeOut int `json:"queryTimeOut"`
	// ConnectTimeout is the seconds for connecting and logging in.
	ConnectTimeout int `json:"connectTimeout"`
	// ReadTimeout is the seconds that the server may be silent within a
	// result.
	ReadTimeout int `json:"readTimeout"`
	// Polling asks FlinkX for an endless loop. Here it is only looked at to
	// say that there is none.
	Polling bool `json:"polling"`

	FetchSize          json.RawMessage `json:"fetchSize" weft:"ignored"`
	PollingInterval    json.RawMessage `json:"pollingInterval" weft:"ignored"`
	AccumulatorSeconds json.RawMessage `json:"requestAccumulatorInterval" weft:"ignored"`
	OrderByColumn      json.RawMessage `json:"orderByColumn" weft:"ignored"`
	Properties         json.RawMessage `json:"properties" weft:"ignored"`
	SplitFactor        json.RawMessage `json:"splitFactor" weft:"ignored"`
	MandatoryEncoding  json.RawMessage `json:"mandatoryEncoding" weft:"ignored"`
}

// Connection is one server with its tables or queries.
type Connection struct {
	// JdbcURL holds the addresses of one server; the first that answers is
	// used.
	JdbcURL sqlread.Strings `json:"jdbcUrl" weft:"alias=url"`
	// Table holds tables of equal structure; t_[0-31] means 32 of them.
	Table sqlread.Strings `json:"table"`
	// QuerySQL replaces tables, columns and conditions by queries.
	QuerySQL sqlread.Strings `json:"querySql"`
	// Schema is the schema of the tables, if their names do not have it.
	Schema string `json:"schema"`
	// Username and Password win over those of the job.
	Username string         `json:"username"`
	Password plugins.Secret `json:"password"`
}

func newConfig() plugins.Config {
	return &Config{
		SpecialValue: string(specialError), QueryTimeOut: 1000, ConnectTimeout: 10, ReadTimeout: 600,
	}
}

func configFinding(key, text, hint string) plugins.Finding {
	return plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: key, Text: text, Hint: hint}
}

// Validate implements plugins.Config. It also fills in tls.mode
// from the URL's parameters, or by default.
func (c *Config) Validate() []plugins.Finding {
	_, found := c.endpoints()
	found = append(found, c.applyParameters()...)
	found = append(found, c.TLS.validate()...)
	found = append(found, c.Column.Validate("column")...)
	found = append(found, c.validateChoices()...)
	found = append(found, c.validateIncrement()...)
	for _, t := range []struct {
		key   string
		value int
	}{{"queryTimeOut", c.QueryTimeOut}, {"connectTimeout", c.ConnectTimeout}, {"readTimeout", c.ReadTimeout}} {
		if t.value < 0 || t.value > 7*86_400 {
			found = append(found, configFinding(t.key, fmt.Sprintf("%d is no number of seconds from 0 to 604800", t.value), ""))
		}
	}
	return found
}

func (c *Config) validateChoices() []plugins.Finding {
	var found []plugins.Finding
	choose := func(key, value string, choices ...string) {
		if !slices.Contains(choices, value) {
			found = append(found, configFinding(key, fmt.Sprintf("%q is none of %s", value, strings.Join(choices, ", ")), ""))
		}
	}
	choose("specialValue", c.SpecialValue, string(specialError), string(specialNull))
	if strings.ContainsAny(c.SplitPk, "(), ") {
		found = append(found, configFinding("splitPk", fmt.Sprintf("%q is no single column", c.SplitPk),
			"leave splitPk out: a composite primary key is found and used by itself"))
	}
	if why := unbalanced(c.Where); why != "" {
		found = append(found, configFinding("where", fmt.Sprintf("%q is no whole condition: %s", c.Where, why), ""))
	}
	if c.CustomSQL != "" && c.SplitPk == "" && len(c.Session) == 0 && strings.Contains(strings.TrimRight(c.CustomSQL, "; \n\t"), ";\n") {
		found = append(found, configFinding("customSql", "there is more than one statement in it", ""))
	}
	if c.hasQueries() && (c.CustomSQL != "" || c.Where != "" || c.SplitPk != "" || c.IncreColumn != "") {
		found = append(found, plugins.Finding{Severity: plugins.Warn, Key: "connection[0].querySql",
			Text: "with querySql the settings column, where, splitPk, customSql and increColumn have no effect"})
	}
	if c.Polling {
		found = append(found, plugins.Finding{Severity: plugins.Warn, Key: "polling",
			Text: "a run reads what is there and ends; it does not poll", Hint: "run the job by a schedule: the position is kept between runs"})
	}
	return found
}

func (c *Config) validateIncrement() []plugins.Finding {
	switch {
	case c.IncreColumn == "" && c.StartLocation != "":
		return []plugins.Finding{configFinding("startLocation", "startLocation without increColumn", "name the column that grows in increColumn")}
	case c.IncreColumn != "" && c.Column.All() && isNumber(string(c.IncreColumn)):
		return []plugins.Finding{configFinding("increColumn", "a number counts in column, which names none", "give the column's name")}
	}
	return nil
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func (c *Config) hasQueries() bool {
	return slices.ContainsFunc(c.Connection, func(n Connection) bool { return len(n.QuerySQL) > 0 })
}

// seconds turns a setting into a duration; 0 means the default.
func seconds(value, standard int) time.Duration {
	if value == 0 {
		value = standard
	}
	return time.Duration(value) * time.Second
}
