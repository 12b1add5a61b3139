package postgresql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

var _ plugins.Checker = (*Reader)(nil)

// Check implements plugins.Checker: reach, login, rights, tables, columns, and
// what the split column and increColumn can do. It reads nothing but the
// catalogue and has queries parsed, not run.
func (r *Reader) Check(ctx context.Context) []plugins.Finding {
	var found []plugins.Finding
	for end, e := range r.ends {
		n, err := r.connect(ctx, end)
		if err != nil {
			found = append(found, failure(e.key, err))
			continue
		}
		found = append(found, r.checkServer(ctx, e, n))
		for table := range max(len(e.tables), len(e.queries)) {
			found = append(found, r.checkSource(ctx, piece{Endpoint: end, Table: table})...)
		}
	}
	return found
}

// failure turns an error into a finding.
func failure(key string, err error) plugins.Finding {
	f := plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonOf(err), Key: key, Text: err.Error()}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		f.Hint = classed.Hint
	}
	return f
}

func (r *Reader) checkServer(ctx context.Context, e endpoint, n *session) plugins.Finding {
	row, err := n.row(ctx, "SELECT current_setting('server_version'), current_setting('server_encoding'), "+
		"(SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid())")
	if err != nil || row == nil {
		return failure(e.key, r.failed("ask "+n.address+" for its version", err))
	}
	encrypted := "not encrypted"
	if row[2] != nil {
		encrypted = "encrypted with " + *row[2]
	}
	return plugins.Finding{Severity: plugins.OK, Key: e.key,
		Text: fmt.Sprintf("connected to %s, version %s, encoding %s, %s", n.address, text(row[0]), text(row[1]), encrypted)}
}

// checkSource looks at one table or query.
func (r *Reader) checkSource(ctx context.Context, p piece) []plugins.Finding {
	e := r.ends[p.Endpoint]
	key := pick(len(e.queries) > 0, pick(r.config.hasQueries(), "querySql", "customSql"), "table")
	if key != "customSql" && e.key != "" {
		key = e.key + "." + key
	}
	n, err := r.connect(ctx, p.Endpoint)
	if err != nil {
		return []plugins.Finding{failure(key, err)}
	}
	var found []plugins.Finding
	var f facts
	if len(e.queries) == 0 {
		if f, err = n.facts(ctx, e.tables[p.Table]); err != nil {
			return []plugins.Finding{failure(key, r.explainMissing(ctx, p, r.failed("look up "+r.subject(p), err)))}
		}
		found = r.missing(f)
	}
	if len(found) == 0 {
		s := r.selection(p, nil)
		if _, err := n.rows(ctx, "EXPLAIN "+s.sql(piece{}, nil, 0)); err != nil { // parses and looks at rights, too
			return append(found, failure(key, r.explainMissing(ctx, p, r.failed("read "+r.subject(p), err))))
		}
	}
	if len(e.queries) > 0 {
		return append(found, plugins.Finding{Severity: plugins.OK, Key: key, Text: r.subject(p) + " can be run"})
	}
	found = append(found, r.checkKey(key, p, f)...)
	return append(found, r.checkIncrement(ctx, p, f)...)
}

// missing reports every column that a setting names and the table lacks.
func (r *Reader) missing(f facts) []plugins.Finding {
	if len(f.columns) == 0 {
		return nil
	}
	names := make([]string, len(f.columns))
	for i := range names {
		names[i] = f.columns[i].name
	}
	var found []plugins.Finding
	for _, wanted := range r.wantedNames() {
		if _, ok := f.column(wanted.name); ok {
			continue
		}
		hint := "the table has " + shortList(names)
		if near := sqlread.Nearest(wanted.name, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		found = append(found, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonNotFound, Key: wanted.key,
			Text: "there is no column " + wanted.name, Hint: hint})
	}
	return found
}

// checkKey says how the table can be cut and resumed.
func (r *Reader) checkKey(key string, p piece, f facts) []plugins.Finding {
	k := f.key(r.config.SplitPk)
	names := make([]string, len(k.columns))
	for i := range names {
		names[i] = k.columns[i].Name
	}
	ok := plugins.Finding{Severity: plugins.OK, Key: key,
		Text: fmt.Sprintf("%s: %s, %d columns", r.subject(p), about(f.rows), len(f.columns))}
	found := []plugins.Finding{ok}
	warn := func(key, text, hint string) {
		found = append(found, plugins.Finding{Severity: plugins.Warn, Key: key, Text: r.subject(p) + ": " + text, Hint: hint})
	}
	switch {
	case len(k.columns) == 0 && r.config.SplitPk != "":
		warn("splitPk", "values of this type cannot be cut into ranges; the table is read as one split", "use a number, time or text column with an index")
	case len(k.columns) == 0:
		warn(key, "there is no primary key, and no unique one without NULLs; the table is read as one split, which starts anew after a failure",
			"name an indexed column in splitPk, or use consistency: snapshot")
	case !k.indexed:
		warn("splitPk", "no index begins with "+names[0]+"; every split scans the whole table", "split by an indexed column, or use one channel")
	case k.ordered:
		found[0].Text += fmt.Sprintf(", read in the order of (%s)", strings.Join(names, ", "))
	default:
		found[0].Text += fmt.Sprintf(", cut by (%s); a split that fails starts anew", strings.Join(names, ", "))
	}
	return found
}

func about(rows int64) string {
	if rows < 0 {
		return "rows unknown"
	}
	return fmt.Sprintf("about %d rows", rows)
}

// checkIncrement says whether rows will never be found because increColumn is
// NULL, and whether finding new ones costs a scan.
func (r *Reader) checkIncrement(ctx context.Context, p piece, f facts) []plugins.Finding {
	c, ok := f.column(r.incrementName())
	if !ok {
		return nil
	}
	table := r.ends[p.Endpoint].tables[p.Table]
	if !slices.ContainsFunc(f.indexes, func(x index) bool { return x.columns[0] == c.name }) {
		return []plugins.Finding{{Severity: plugins.Warn, Key: "increColumn",
			Text: fmt.Sprintf("%s: no index begins with %s; every run scans the whole table", r.subject(p), c.name)}}
	}
	n, err := r.connect(ctx, p.Endpoint)
	var row []*string
	if err == nil && c.nullable {
		row, err = n.row(ctx, "SELECT 1 FROM "+table.quoted()+" WHERE "+quote(c.name)+" IS NULL LIMIT 1")
	}
	if err != nil {
		return []plugins.Finding{failure("increColumn", r.failed("look for NULLs in "+c.name, err))}
	}
	if row == nil {
		return nil
	}
	return []plugins.Finding{{Severity: plugins.Warn, Key: "increColumn",
		Text: fmt.Sprintf("%s: there are rows whose %s is NULL; no run will ever read them", r.subject(p), c.name)}}
}
