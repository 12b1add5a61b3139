package postgresql

import (
	"context"
	"fmt"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// attachments are what a table may have that a new one in its place would lack;
// each query takes the table's object id.
var attachments = []struct{ what, query string }{
	{"partitions or children", "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhrelid = %[1]s OR inhparent = %[1]s"},
	{"triggers", "SELECT tgname FROM pg_trigger WHERE tgrelid = %[1]s AND NOT tgisinternal"},
	{"foreign keys, its own or of others to it", "SELECT conname FROM pg_constraint WHERE contype = 'f' AND (conrelid = %[1]s OR confrelid = %[1]s)"},
	{"views", "SELECT r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid " +
		"WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = %[1]s AND r.ev_class <> %[1]s"},
	{"row security policies", "SELECT polname FROM pg_policy WHERE polrelid = %[1]s"},
	{"publications", "SELECT prpubid::text FROM pg_publication_rel WHERE prrelid = %[1]s"},
	{"rights on single columns", "SELECT attname FROM pg_attribute WHERE attrelid = %[1]s AND attacl IS NOT NULL"},
}

// refuseStaging refuses a table that would lose something by being swapped.
func (w *Writer) refuseStaging(ctx context.Context, g *goal) error {
	if w.config.Mode != modeStaging {
		return nil
	}
	op := "prepare the staging of " + g.table.String()
	for _, a := range attachments {
		rows, err := w.session.Query(ctx, fmt.Sprintf(a.query, g.table.regclass())+" LIMIT 1")
		if err != nil {
			return writeFault(op, err)
		}
		if len(rows) > 0 || a.what == attachments[0].what && g.kind == "p" {
			name := g.table.name
			if len(rows) > 0 {
				name = text(rows[0][0])
			}
			return fatal(op, plugins.ReasonConfig, "use mode direct, with a preSql that empties the table",
				"it has %s (%s), which a swap of tables would lose", a.what, name)
		}
	}
	return nil
}

// createStaging makes the table that is loaded, like the target, with its owner
// and rights.
func (w *Writer) createStaging(ctx context.Context, g *goal) error {
	into, from := w.into.quoted(), g.table.regclass()
	return sqlwrite.Transact(ctx, w.session, func() error {
		if _, err := w.session.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+into+" (LIKE "+w.target().quoted()+" INCLUDING ALL)"); err != nil {
			return err
		}
		rows, err := w.session.Query(ctx, "SELECT format('ALTER TABLE %s OWNER TO %I', "+quoteText(into)+", r.rolname) "+
			"FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = "+from+" AND r.rolname <> current_user "+
			"UNION ALL SELECT format('GRANT %s ON %s TO %s%s', x.privilege_type, "+quoteText(into)+", "+
			"CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) "+
			"FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee "+
			"WHERE c.oid = "+from+" AND x.grantee <> c.relowner")
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := w.session.Exec(ctx, text(r[0])); err != nil {
				return err
			}
		}
		return nil
	})
}

// swap puts the staging table in the target's place, in one transaction. Without
// a staging table that was done: nobody else removes it.
//
//	target, staging            -> target', replaced
//	target', replaced or not   -> unchanged             done before
//
// Sequences stay with their columns: those that the target owns go over, and an
// identity goes on counting where it was.
func (w *Writer) swap(ctx context.Context) error {
	staging, replaced := w.stagingTables()
	target := w.target()
	return sqlwrite.Transact(ctx, w.session, func() error {
		rows, err := w.session.Query(ctx, "SELECT "+staging.regclass()+" IS NULL")
		if err != nil || text(rows[0][0]) == "t" {
			return err
		}
		for _, statement := range []string{
			"LOCK TABLE " + target.quoted() + " IN ACCESS EXCLUSIVE MODE",
			"ALTER TABLE " + target.quoted() + " RENAME TO " + quote(replaced.name),
			"ALTER TABLE " + staging.quoted() + " RENAME TO " + quote(target.name),
		} {
			if _, err := w.session.Exec(ctx, statement); err != nil {
				return err
			}
		}
		rows, err = w.session.Query(ctx, "SELECT CASE WHEN d.deptype = 'a' THEN format('ALTER SEQUENCE %s OWNED BY %s.%I', s.oid::regclass, "+
			quoteText(target.quoted())+", a.attname) ELSE format('SELECT setval(pg_get_serial_sequence(%L, %L), last_value, is_called) FROM %s', "+
			quoteText(target.quoted())+", a.attname, s.oid::regclass) END "+
			"FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' "+
			"JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "+
			"WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjid = "+replaced.regclass())
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := w.session.Query(ctx, text(r[0])); err != nil {
				return err
			}
		}
		return nil
	})
}
