package postgresql

import (
	"context"
	"fmt"
	"strings"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Check implements plugins.Checker: reach, login, table, rights on the table and
// on the checkpoints. Nothing is written.
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
		found = append(found, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonPermission, Key: key,
			Text: "the server only reads: it is a standby, or default_transaction_read_only is on", Hint: "name the server that takes writes"})
	}
	return append(found, w.checkRights(ctx, key, g)...)
}

func (w *Writer) checkedServer(ctx context.Context) plugins.Finding {
	rows, err := w.session.Query(ctx, "SELECT current_setting('server_version')")
	if err != nil || len(rows) != 1 {
		return failure(w.end.key, writeFault("ask for the version", err))
	}
	return plugins.Finding{Severity: plugins.OK, Key: w.end.key, Text: fmt.Sprintf("connected to %s, version %s", w.session.address, text(rows[0][0]))}
}

// checkRights asks what the account may do.
func (w *Writer) checkRights(ctx context.Context, key string, g *goal) []plugins.Finding {
	wanted := []string{"INSERT"}
	if w.config.mode != sqlwrite.Insert {
		wanted = append(wanted, "UPDATE", "SELECT")
	}
	found := w.lacking(ctx, key, g.table.String(), g.table.regclass(), wanted)
	if len(found) == 0 {
		found = append(found, plugins.Finding{Severity: plugins.OK, Key: key, Text: fmt.Sprintf("table %s: %d columns, can be written", g.table, len(g.columns))})
	}
	if !w.config.ExactlyOnce {
		return found
	}
	checkpoints := tableName{schema: w.target().schema, name: w.config.CheckpointTable}
	rows, err := w.session.Query(ctx, "SELECT "+checkpoints.regclass()+" IS NULL, has_schema_privilege("+
		pick(checkpoints.schema == "", "current_schema()", quoteText(checkpoints.schema))+", 'CREATE')")
	switch {
	case err != nil:
		return append(found, failure("checkpointTable", writeFault("look up the table of checkpoints", err)))
	case text(rows[0][0]) != "t":
		return append(found, w.lacking(ctx, "checkpointTable", checkpoints.String(), checkpoints.regclass(), []string{"SELECT", "INSERT", "UPDATE", "DELETE"})...)
	case text(rows[0][1]) != "t":
		return append(found, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonPermission, Key: "checkpointTable",
			Text: fmt.Sprintf("there is no table %s, and the account may not create it", checkpoints),
			Hint: "grant CREATE on the schema, or create it: " + writerSQL{}.CreateCheckpoints(checkpoints.quoted())})
	}
	return found
}

// lacking names the rights that the account does not have on a table.
func (w *Writer) lacking(ctx context.Context, key, name, regclass string, wanted []string) []plugins.Finding {
	var missing []string
	for _, right := range wanted {
		rows, err := w.session.Query(ctx, "SELECT has_table_privilege("+regclass+"::oid, "+quoteText(right)+")")
		if err != nil {
			return []plugins.Finding{failure(key, writeFault("look up rights on "+name, err))}
		}
		if right == "INSERT" && text(rows[0][0]) != "t" { // it may be granted for single columns
			rows, err = w.session.Query(ctx, "SELECT has_any_column_privilege("+regclass+"::oid, 'INSERT')")
		}
		if err != nil || text(rows[0][0]) != "t" {
			missing = append(missing, right)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing, ", ")
	return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonPermission, Key: key,
		Text: fmt.Sprintf("the account lacks %s on %s", list, name), Hint: "GRANT " + list + " ON " + name + " TO it"}}
}
