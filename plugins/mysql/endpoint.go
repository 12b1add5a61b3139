package mysql

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// endpoint is one server of the job with what is to be read from it.
type endpoint struct {
	key     string // of the setting that names it
	targets []target
	user    string
	secret  plugins.Secret
	tables  []tableName
	queries []string
}

// tableName is a table with its database; empty means the session's.
type tableName struct{ schema, name string }

func (t tableName) String() string {
	if t.schema == "" {
		return t.name
	}
	return t.schema + "." + t.name
}

func (t tableName) quoted() string {
	if t.schema == "" {
		return quote(t.name)
	}
	return quote(t.schema) + "." + quote(t.name)
}

// endpoints reads the long and the short form alike and reports what is wrong
// with either.
func (c *Config) endpoints() ([]endpoint, []plugins.Finding) {
	list := make([]endpoint, 0, len(c.Connection)+1)
	var found []plugins.Finding
	for i, n := range c.Connection {
		e, f := c.endpoint(fmt.Sprintf("connection[%d]", i), n)
		list, found = append(list, e), append(found, f...)
	}
	if short := c.shortForm(); len(short.JdbcURL) > 0 || len(c.Connection) == 0 {
		e, f := c.endpoint("", short)
		list, found = append(list, e), append(found, f...)
	} else if len(c.Table) > 0 {
		found = append(found, configFinding("table", "table stands beside connection", "move it into connection[0].table"))
	}
	return list, found
}

// shortForm returns the settings url, host, port, database and table as a
// connection.
func (c *Config) shortForm() Connection {
	n := Connection{JdbcURL: c.URL, Table: c.Table}
	if len(n.JdbcURL) == 0 && c.Host != "" {
		port := c.Port
		if port == 0 {
			port = 3306
		}
		n.JdbcURL = sqlread.Strings{"mysql://" + net.JoinHostPort(c.Host, strconv.Itoa(port)) + "/"}
	}
	return n
}

func (c *Config) endpoint(key string, n Connection) (endpoint, []plugins.Finding) {
	e := endpoint{key: key, user: n.Username, secret: n.Password}
	var found []plugins.Finding
	under := func(name string) string { return strings.TrimPrefix(key+"."+name, ".") }
	urlKey := under(pick(key == "", "url", "jdbcUrl"))
	if len(n.JdbcURL) == 0 {
		found = append(found, configFinding(urlKey, "no server is named", "jdbc:mysql://host:3306/database"))
	}
	for i, text := range n.JdbcURL {
		t, err := parseURL(text)
		if err != nil {
			found = append(found, configFinding(fmt.Sprintf("%s[%d]", urlKey, i), err.Error(), "jdbc:mysql://host:3306/database"))
			continue
		}
		if t.database == "" {
			t.database = c.Database
		}
		e.targets = append(e.targets, t)
	}
	found = append(found, c.complete(&e, n, under)...)
	return e, found
}

// complete fills in who logs in and what is read.
func (c *Config) complete(e *endpoint, n Connection, under func(string) string) []plugins.Finding {
	var found []plugins.Finding
	if e.user == "" {
		e.user, e.secret = c.Username, pick(e.secret.Empty(), c.Password, e.secret)
	}
	if e.user == "" && len(e.targets) > 0 {
		e.user, e.secret = e.targets[0].user, pick(e.secret.Empty(), e.targets[0].password, e.secret)
	}
	if e.user == "" {
		found = append(found, configFinding("username", "no user name is given", ""))
	}
	e.queries = n.QuerySQL
	if len(e.queries) > 0 {
		return found
	}
	if c.CustomSQL != "" {
		e.queries = []string{c.CustomSQL}
		return found
	}
	for i, text := range n.Table {
		names, err := parseTables(text, n.Schema)
		if err != nil {
			found = append(found, configFinding(fmt.Sprintf("%s[%d]", under("table"), i), err.Error(), ""))
		}
		e.tables = append(e.tables, names...)
	}
	if len(n.Table) == 0 {
		found = append(found, configFinding(under("table"), "no table is named, and no query either", ""))
	}
	return found
}

// applyParameters fills in zeroDate and tls.mode from the first URL, and
// notes parameters that have no effect.
func (c *Config) applyParameters() []plugins.Finding {
	var found []plugins.Finding
	list, _ := c.endpoints()
	from := "tls.mode" // where the mode stands
	for _, e := range list {
		for _, t := range e.targets {
			open := c.TLS.Mode == ""
			c.applyTo(t)
			if open {
				from = pick(e.key == "", "url", e.key+".jdbcUrl")
			}
			found = append(found, noteParameters(e.key, t)...)
		}
	}
	c.ZeroDate = pick(c.ZeroDate == "", string(zeroNull), c.ZeroDate)
	c.TLS.Mode = pick(c.TLS.Mode == "", tlsPreferred, c.TLS.Mode)
	if !slices.Contains(tlsModes, c.TLS.Mode) {
		text := fmt.Sprintf("mode %q is none of %s", c.TLS.Mode, strings.Join(tlsModes, ", "))
		found = append(found, configFinding(from, text, ""))
	}
	return found
}

func (c *Config) applyTo(t target) {
	if c.TLS.Mode == "" {
		c.TLS.Mode = jdbcTLS(t.parameters)
	}
	if c.ZeroDate != "" {
		return
	}
	switch strings.ToLower(strings.ReplaceAll(t.parameters["zerodatetimebehavior"], "_", "")) {
	case "converttonull":
		c.ZeroDate = string(zeroNull)
	case "exception":
		c.ZeroDate = string(zeroError)
	case "round":
		c.ZeroDate = string(zeroMin)
	}
}

// applied are the parameters that do have an effect.
var applied = []string{"usessl", "requiressl", "sslmode", "verifyservercertificate", "zerodatetimebehavior",
	"connecttimeout", "sockettimeout", "sessionvariables"}

func noteParameters(key string, t target) []plugins.Finding {
	var found []plugins.Finding
	names := make([]string, 0, len(t.parameters))
	for name := range t.parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, known := noted[name]
		key := pick(key == "", "url", key+".jdbcUrl")
		if doubt := doubtful(name, t.parameters[name]); doubt != "" {
			found = append(found, plugins.Finding{Severity: plugins.Warn, Key: key, Text: fmt.Sprintf("parameter %s of the URL: %s", name, doubt)})
			continue
		}
		if slices.Contains(applied, name) || slices.Contains(silent, name) {
			continue
		}
		if !known {
			text = "it has no effect here"
		}
		found = append(found, plugins.Finding{Severity: plugins.Note, Key: key,
			Text: fmt.Sprintf("parameter %s of the URL: %s", name, text)})
	}
	return found
}

// parseTables reads one entry of table: name, database.name, either part in
// backticks or not, with groups such as [0-31] in the name expanded.
func parseTables(text, schema string) ([]tableName, error) {
	parts, err := splitName(text)
	if err != nil {
		return nil, err
	}
	name := parts[len(parts)-1]
	if len(parts) == 2 {
		schema = parts[0]
	}
	names, err := expand(name)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", text, err)
	}
	list := make([]tableName, len(names))
	for i := range names {
		list[i] = tableName{schema: schema, name: names[i]}
	}
	return list, nil
}

// splitName takes apart a name at the point outside of backticks.
func splitName(text string) ([]string, error) {
	var parts []string
	var part strings.Builder
	inside := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '`' && inside && i+1 < len(text) && text[i+1] == '`':
			part.WriteByte(c)
			i++
		case c == '`':
			inside = !inside
		case c == '.' && !inside:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	parts = append(parts, part.String())
	if inside || len(parts) > 2 || slices.Contains(parts, "") {
		return nil, fmt.Errorf("%q is no table name: write table or database.table, in backticks if there is a point in a name", text)
	}
	return parts, nil
}

// maxTables bounds what one entry of table expands to.
const maxTables = 10_000

// expand writes out groups such as [0-31]; digits keep their width: [00-31].
func expand(name string) ([]string, error) {
	before, rest, found := strings.Cut(name, "[")
	if !found {
		return []string{name}, nil
	}
	group, after, closed := strings.Cut(rest, "]")
	low, high, isRange := strings.Cut(group, "-")
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if !closed || !isRange || err1 != nil || err2 != nil || from > to {
		return []string{name}, nil // not a group: part of the name
	}
	tails, err := expand(after)
	if err != nil {
		return nil, err
	}
	if (to-from+1)*len(tails) > maxTables {
		return nil, fmt.Errorf("more than %d tables", maxTables)
	}
	var list []string
	for n := from; n <= to; n++ {
		for _, tail := range tails {
			list = append(list, fmt.Sprintf("%s%0*d%s", before, len(low), n, tail))
		}
	}
	return list, nil
}
