package mysql

import (
	"context"
	"fmt"
	"strings"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Check implements plugins.Checker: reach, login, table, engine, rights on the
// table and on the checkpoints, and which way rows take. Nothing is written:
// statements are explained, not run.
func (w *Writer) Check(ctx context.Context) []plugins.Finding {
	key := strings.TrimPrefix(w.end.key+".table", ".")
	g, err := w.lookUp(ctx)
	if err != nil {
		return []plugins.Finding{failure(key, err)}
	}
	found := []plugins.Finding{w.checkedServer(ctx)}
	if err := w.refuseTable(g); err != nil {
		return append(found, failure(key, err))
	}
	if err := w.refuseStaging(ctx, g); err != nil {
		found = append(found, failure("mode", err))
	}
	if w.session.readOnly(ctx) {
		found = append(found, plugins.Finding{Severity: plugins.Warn, Reason: plugins.ReasonPermission, Key: key,
			Text: "the server is read-only", Hint: "name the server that takes writes"})
	}
	found = append(found, w.checkRights(ctx, key, g)...)
	return append(found, w.checkMode(g)...)
}

func (w *Writer) checkedServer(ctx context.Context) plugins.Finding {
	rows, err := w.session.Query(ctx, "SELECT VERSION()")
	if err != nil || len(rows) != 1 {
		return failure(w.end.key, writeFault("ask for the version", err))
	}
	way := "rows go by prepared INSERT"
	if w.canLoad {
		way = "rows go by LOAD DATA LOCAL"
	}
	return plugins.Finding{Severity: plugins.OK, Key: w.end.key,
		Text: fmt.Sprintf("connected to %s, version %s; %s", w.session.address, text(rows[0][0]), way)}
}

// checkRights has the server explain what the run will do.
func (w *Writer) checkRights(ctx context.Context, key string, g *goal) []plugins.Finding {
	statement := "INSERT INTO " + w.target().quoted() + " () VALUES ()"
	switch w.config.mode {
	case sqlwrite.Replace:
		statement = "REPLACE INTO " + w.target().quoted() + " () VALUES ()"
	case sqlwrite.Upsert:
		name := quote(g.columns[0].Name)
		statement += " ON DUPLICATE KEY UPDATE " + name + " = VALUES(" + name + ")"
	}
	if _, err := w.session.Query(ctx, "EXPLAIN "+statement); isServerError(err, 1044, 1142, 1143, 1227) {
		return []plugins.Finding{failure(key, writeFault("write to "+g.table.String(), err))}
	}
	ok := plugins.Finding{Severity: plugins.OK, Key: key, Text: fmt.Sprintf("table %s: %d columns, engine %s, can be written", g.table, len(g.columns), g.engine)}
	if !w.config.ExactlyOnce {
		return []plugins.Finding{ok}
	}
	c := w.checkpoints()
	for _, statement := range []string{"INSERT INTO " + c.Table + " () VALUES ()", "UPDATE " + c.Table + " SET split = 0 WHERE split = -9",
		"DELETE FROM " + c.Table + " WHERE split = -9"} {
		_, err := w.session.Query(ctx, "EXPLAIN "+statement)
		switch {
		case isServerError(err, 1146):
			return append([]plugins.Finding{ok}, w.checkCreate(ctx, g)...)
		case isServerError(err, 1044, 1142, 1143, 1227):
			return []plugins.Finding{ok, failure("checkpointTable", fatal("write to "+c.Table, plugins.ReasonPermission,
				"grant the account SELECT, INSERT, UPDATE and DELETE on it", "%w", err))}
		}
	}
	return []plugins.Finding{ok}
}

// checkCreate asks whether the account may make the table of checkpoints. Roles
// are not looked into, hence no more than a warning.
func (w *Writer) checkCreate(ctx context.Context, g *goal) []plugins.Finding {
	const grantee = "grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AND privilege_type = 'CREATE'"
	rows, err := w.session.Query(ctx, "SELECT 1 FROM information_schema.user_privileges WHERE "+grantee+
		" UNION SELECT 1 FROM information_schema.schema_privileges WHERE ? LIKE table_schema AND "+grantee, g.table.schema)
	if err != nil || len(rows) > 0 {
		return nil
	}
	return []plugins.Finding{{Severity: plugins.Warn, Reason: plugins.ReasonPermission, Key: "checkpointTable",
		Text: fmt.Sprintf("there is no table %s, and the account seems to have no right to create it", w.checkpoints().Table),
		Hint: "grant CREATE on the database, or create it: " + writerSQL{}.CreateCheckpoints(w.checkpoints().Table)}}
}

// checkMode says what the write mode means for this table.
func (w *Writer) checkMode(g *goal) []plugins.Finding {
	warn := func(text, hint string) []plugins.Finding {
		return []plugins.Finding{{Severity: plugins.Warn, Key: "writeMode", Text: fmt.Sprintf("table %s %s", g.table, text), Hint: hint}}
	}
	switch {
	case w.config.mode == sqlwrite.Insert:
		return nil
	case len(g.keys) == 0:
		return warn("has no unique key: "+string(w.config.mode)+" does the same as insert", "use insert, or give the table a primary key")
	case len(g.keys) > 1 && w.config.mode == sqlwrite.Upsert:
		return warn(fmt.Sprintf("has %d unique keys: a row that meets two others updates one of them only", len(g.keys)), "")
	}
	return nil
}
