package mysql

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"weft/plugins"
)

// shape is the fingerprint of what a table or query has for columns: of those
// the job names, or of all. It is asked for when the run is planned, kept in
// every split, and asked for again before a split is read: half of a table must
// not be moved with one definition and half with another.
func (r *Reader) shape(ctx context.Context, p piece) (string, error) {
	if err := r.connect(ctx, p.Endpoint); err != nil {
		return "", err
	}
	defs, err := r.definitions(ctx, r.selection(piece{Endpoint: p.Endpoint, Table: p.Table}, nil).sql(piece{}, nil))
	if err != nil {
		return "", err
	}
	return fingerprint(defs), nil
}

// fingerprint takes in what values depend on. Display widths of numbers and the
// like, in which servers differ, are left out.
func fingerprint(defs []definition) string {
	sum := fnv.New64a()
	for _, d := range defs {
		c := columnOf(d, "")
		fmt.Fprintf(sum, "%s\x00%d %d %t %t %d %d", d.name, c.Kind, d.typ, d.flags&flagNotNull != 0, d.charset == charsetBinary, c.Precision, c.Scale)
		if c.Kind == plugins.KindString || c.Kind == plugins.KindBytes {
			fmt.Fprintf(sum, " %d", d.length)
		}
		sum.Write([]byte{0})
	}
	return fmt.Sprintf("%016x", sum.Sum64())
}

// sameShape refuses a piece whose table has another definition than in the plan,
// and says what is different.
func (r *Reader) sameShape(ctx context.Context, p piece) error {
	if p.Shape == "" {
		return nil
	}
	now, err := r.shape(ctx, p)
	if e := serverErrorOf(err); err != nil && (e == nil || e.Number != 1054 && e.Number != 1146) { // no such column, no such table
		return err
	}
	if now == p.Shape {
		return nil
	}
	hint := fmt.Sprintf("nothing of it is visible in the target; with the old definition back weft resume %s goes on, and with --from-scratch it moves the table as it is now", r.setup.Run)
	return fatal("", plugins.ReasonChanged, hint, "its definition has changed since the run was planned: %s", r.difference(ctx, p, err))
}

// difference names the columns that are different, as far as the catalogue
// tells. missing is the server's own word, if it has said one.
func (r *Reader) difference(ctx context.Context, p piece, missing error) string {
	list, err := r.declarations(ctx, p)
	var parts []string
	if err == nil && len(list) > 0 && p.Endpoint == 0 && p.Table == 0 {
		parts = compared(r.setup.Columns, list, r.config.Column.All())
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case missing != nil:
		return missing.Error()
	}
	return "a column has another type, length, or takes NULL now or no more"
}

// compared lists what is different between the columns of the plan and those of
// the catalogue. Added columns count only where the job moves all.
func compared(plan []plugins.Column, list []declared, all bool) []string {
	var parts []string
	known := make(map[string]bool)
	for _, c := range plan {
		if c.Constant != nil {
			continue
		}
		known[strings.ToLower(c.Name)] = true
		i := slices.IndexFunc(list, func(d declared) bool { return strings.EqualFold(d.name, c.Name) })
		switch {
		case i < 0 && c.SourceType != "":
			parts = append(parts, fmt.Sprintf("column %s (%s) is gone", c.Name, c.SourceType))
		case i < 0:
		case list[i].typ != c.SourceType:
			parts = append(parts, fmt.Sprintf("column %s was %s and is %s", c.Name, c.SourceType, list[i].typ))
		case list[i].nullable && !c.Nullable:
			parts = append(parts, fmt.Sprintf("column %s took no NULL and does now", c.Name))
		}
	}
	for _, d := range list {
		if all && !known[strings.ToLower(d.name)] {
			parts = append(parts, fmt.Sprintf("column %s (%s) is new", d.name, d.typ))
		}
	}
	return parts
}
