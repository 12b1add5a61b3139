package postgresql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

// increment is the part of a table that a run of an incremental job reads:
// (From, Until], or [From, Until] where Inclusive. Rows whose column is NULL
// are in no increment.
type increment struct {
	Column sqlread.KeyColumn `json:"column"`
	From   string            `json:"from,omitempty"`
	Until  string            `json:"until,omitempty"`
	// Inclusive: rows equal to From are read, too.
	Inclusive bool `json:"inclusive,omitempty"`
}

// condition returns the predicates. Without an Until there is nothing new.
func (n increment) condition(d sqlread.SQL) []string {
	if n.Until == "" {
		return []string{"1 = 0"}
	}
	key := []sqlread.KeyColumn{n.Column}
	return append(n.lower(), d.UpTo(key, sqlread.Tuple{n.Until}))
}

func (n increment) lower() []string {
	d, key := dialect(), []sqlread.KeyColumn{n.Column}
	switch {
	case n.From == "":
		return nil
	case n.Inclusive:
		return []string{d.From(key, sqlread.Tuple{n.From})}
	}
	return []string{d.After(key, sqlread.Tuple{n.From})}
}

var _ plugins.Incrementer = (*Reader)(nil)

// Until implements plugins.Incrementer: the largest value there is now, or with
// useMaxFunc the largest but one, since rows of the largest may still be
// coming. If nothing is new the location stays what it was.
func (r *Reader) Until(ctx context.Context) (location string, ok bool, err error) {
	name := r.incrementName()
	if name == "" || r.config.hasQueries() {
		return "", false, nil
	}
	n, err := r.lowerEnd(ctx, name)
	if err != nil {
		return "", false, err
	}
	for end, e := range r.ends {
		for table := range max(len(e.tables), len(e.queries)) {
			p := piece{Endpoint: end, Table: table}
			value, err := r.newest(ctx, p, n)
			if err != nil {
				return "", false, r.failed("find the newest "+name+" of "+r.subject(p), err)
			}
			if value != "" && (n.Until == "" || later(n.Column.Kind, value, n.Until)) {
				n.Until = value
			}
		}
	}
	r.until = &n
	return pick(n.Until == "", n.From, n.Until), true, nil
}

// incrementName returns the name of increColumn, which may be given by its
// place in column, from 0.
func (r *Reader) incrementName() string {
	name := string(r.config.IncreColumn)
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(r.config.Column) {
		name = r.config.Column[i].Name
	}
	name, _ = unquote(name)
	return name
}

// lowerEnd finds out the kind of the column and where the run starts.
func (r *Reader) lowerEnd(ctx context.Context, name string) (increment, error) {
	var n increment
	op := "read increColumn " + name
	fields, err := r.ask(ctx, 0, "SELECT "+quote(name)+" FROM "+r.from(piece{}))
	if err != nil {
		return n, fault(op, err)
	}
	fields[0].source = fields[0].name
	c := columnOf(fields[0], specialError)
	switch c.Kind {
	case plugins.KindInt64, plugins.KindDecimal, plugins.KindDate, plugins.KindDatetime, plugins.KindTimestamp:
	default:
		return n, fatal(op, plugins.ReasonConfig, "use a number, date or time that only grows", "%s does not count up", c.SourceType)
	}
	n.Column = sqlread.KeyColumn{Name: name, Kind: c.Kind}
	if n.From = r.setup.StartLocation; n.From != "" {
		return n, nil
	}
	n.Inclusive = r.config.UseMaxFunc
	if n.From, err = startOf(c.Kind, string(r.config.StartLocation), r.setup.Zone); err != nil {
		return n, fatal(op, plugins.ReasonConfig, "give a number, or 2006-01-02 15:04:05", "startLocation: %w", err)
	}
	return n, nil
}

// startOf brings startLocation to the canonical text of the column's kind. A
// number for a time is an instant in seconds, milli-, micro- or nanoseconds by
// its 10, 13, 16 or 19 digits, as FlinkX counts; it and the text of a TIMESTAMP
// are read in the job's zone.
func startOf(kind plugins.Kind, text string, zone *time.Location) (string, error) {
	if text == "" {
		return "", nil
	}
	isClock := kind == plugins.KindDate || kind == plugins.KindDatetime || kind == plugins.KindTimestamp
	if isClock && isNumber(text) && len(text) >= 10 {
		ticks, err := strconv.ParseInt(text, 10, 64)
		unit := map[int]time.Duration{10: time.Second, 13: time.Millisecond, 16: time.Microsecond, 19: time.Nanosecond}[len(text)]
		if err != nil || unit == 0 {
			return "", fmt.Errorf("%q is no time: 10 digits are seconds, 13 milliseconds", text)
		}
		perSecond := int64(time.Second / unit)
		at := time.Unix(ticks/perSecond, ticks%perSecond*int64(unit))
		if kind == plugins.KindTimestamp {
			return at.UTC().Format("2006-01-02 15:04:05.000000"), nil
		}
		return at.In(zone).Format(pick(kind == plugins.KindDate, time.DateOnly, "2006-01-02 15:04:05.000000")), nil
	}
	var v plugins.Vector
	v.Reset(kind)
	if err := plugins.ParseText(&v, []byte(text)); err != nil {
		return "", err
	}
	if kind == plugins.KindTimestamp && zone != nil {
		wall := time.UnixMicro(v.Ints[0]).UTC()
		at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
		return at.UTC().Format("2006-01-02 15:04:05.000000"), nil
	}
	return string(plugins.AppendText(nil, &v, 0, 6)), nil
}

// newest returns the largest value of the column above n's lower end, "" if
// there is none.
func (r *Reader) newest(ctx context.Context, p piece, n increment) (string, error) {
	server, err := r.connect(ctx, p.Endpoint)
	if err != nil {
		return "", err
	}
	query := "SELECT " + strings.ReplaceAll(keyText(n.Column), quote(n.Column.Name), "max("+quote(n.Column.Name)+")") + " FROM " + r.from(p)
	row, err := server.row(ctx, query+where(n.lower()))
	if err != nil || row == nil || row[0] == nil || !r.config.UseMaxFunc {
		return cell(row), err
	}
	below := dialect().Before([]sqlread.KeyColumn{n.Column}, sqlread.Tuple{*row[0]})
	row, err = server.row(ctx, query+where(append(n.lower(), below)))
	return cell(row), err
}

func cell(row []*string) string {
	if len(row) == 0 {
		return ""
	}
	return text(row[0])
}

func where(conditions []string) string {
	sep, out := " WHERE ", ""
	for _, c := range conditions {
		out += sep + c
		sep = " AND "
	}
	return out
}

// later compares two locations of a kind.
func later(kind plugins.Kind, a, b string) bool {
	_, above := sqlread.Middle(kind, b, a, 50)
	return above
}
