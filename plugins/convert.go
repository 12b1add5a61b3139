package plugins

import (
	"fmt"
	"time"
)

// Converter turns the values of one column into what another column takes:
// the one table of kind x kind (see conversions) and the limits that the
// target declares. Nothing is rounded or cut: a value that does not fit
// refuses its row. Nothing passes through floating point that was not a float
// or becomes one; a datetime is never shifted; instants meet the wall clock in
// the zone given.
//
// A Converter has memory of its own that it reuses: one goroutine at a time.
type Converter struct {
	from, to Column
	// convert appends the converted value i of src to dst, or appends nothing
	// and names the problem. nil if the kind stays.
	convert func(c *Converter, dst, src *Vector, i int) problem
	// limited says that limits has to look at the values.
	limited bool
	limits  limits
	lossy   string

	clock zoneClock
	// parsed and spare take the values brought out of text form and the
	// converted ones, and are then swapped with the vector. There are two, so
	// that what the vector held at first outlives both steps: it is needed to
	// show the original of refused rows, until the next Convert.
	parsed, spare Vector
	// scratch holds one value's text.
	scratch []byte
}

// NewConverter returns the converter of values of from into values of to.
// zone is where instants become wall-clock times and text, and the reverse;
// nil means UTC. The declared limits of from are trusted: where they lie
// within those of to, nothing is checked. to.Nullable must be set where the
// target takes NULL. The error, Fatal with ReasonSchema, says that no
// conversion between the two kinds exists.
func NewConverter(from, to Column, zone *time.Location) (*Converter, error) {
	if zone == nil {
		zone = time.UTC
	}
	rule, ok := ruleOf(from.Kind, to.Kind)
	if !ok {
		return nil, &Error{
			Class:  Fatal,
			Reason: ReasonSchema,
			Op:     fmt.Sprintf("convert column %q to %q", from.Name, to.Name),
			Err:    fmt.Errorf("%s cannot become %s", describe(from), describe(to)),
		}
	}
	c := &Converter{from: from, to: to, convert: rule.convert, clock: zoneClock{zone: zone}}
	if from.Kind == KindDecimal && to.Kind == KindDecimal && fitsDecimal(from, to) {
		c.convert = nil
	}
	c.limits, c.limited = limitsOf(from, to)
	c.lossy = lossyText(from, to, rule.risk)
	return c, nil
}

// Lossy says why the converter may refuse values, in words for people; empty
// if it never does, as far as the source keeps to what it declared.
func (c *Converter) Lossy() string { return c.lossy }

// Identity says that Convert does nothing at all: same kind, and no limit that
// the source's own do not keep already.
func (c *Converter) Identity() bool {
	return c.convert == nil && !c.limited && (c.to.Nullable || !c.from.Nullable)
}

// Convert replaces the values of v, which are of the source's kind, by their
// converted form, and adds the rows whose value was refused to refused, under
// the target's name. What stands at a refused row's place afterwards means
// nothing. If Identity, v stays untouched, text form included; else it leaves
// in typed form.
func (c *Converter) Convert(v *Vector, refused *Refusals) {
	if c.Identity() {
		return
	}
	if v.Nulls > 0 && !c.to.Nullable {
		c.refuseNulls(v, refused)
	}
	if v.Text {
		c.untext(v, refused)
	}
	// untext has finished the job for texts that become strings.
	if c.convert != nil && v.Kind == c.from.Kind {
		c.spare.Reset(c.to.Kind)
		c.run(c.convert, v, &c.spare, refused)
	}
	if c.limited {
		c.limits.check(c, v, refused)
	}
}

// run converts value by value into spare, which was reset, and swaps that with
// v.
func (c *Converter) run(convert func(*Converter, *Vector, *Vector, int) problem, v, spare *Vector, refused *Refusals) {
	for i := range v.Len() {
		if v.IsNull(i) {
			spare.AppendNull()
			continue
		}
		if p := convert(c, spare, v, i); p != fine {
			c.refuse(v, i, p, refused)
			spare.AppendNull()
		}
	}
	*v, *spare = *spare, *v
}

// untext brings a vector out of text form. Where the text itself is the
// result, it only changes its name.
func (c *Converter) untext(v *Vector, refused *Refusals) {
	switch {
	case kindStorage[v.Kind] == inData && v.Kind != KindBytes:
		v.Text = false
	case c.to.Kind == KindString && v.Kind != KindBytes && v.Kind != KindTimestamp:
		v.Text, v.Kind = false, KindString
	default:
		c.parsed.Reset(v.Kind)
		c.run(parseValue, v, &c.parsed, refused)
	}
}

func (c *Converter) refuseNulls(v *Vector, refused *Refusals) {
	for i := range v.Len() {
		if v.IsNull(i) {
			refused.Add(RowError{Index: i, Column: c.to.Name, Code: RowNull, Cause: "NULL for a column that takes none"})
		}
	}
}

// refuse adds row i to refused, quoting its value.
func (c *Converter) refuse(v *Vector, i int, p problem, refused *Refusals) {
	if refused.Has(i) {
		return
	}
	refused.Add(RowError{Index: i, Column: c.to.Name, Code: p.code(), Cause: c.explain(v, i, p)})
}
