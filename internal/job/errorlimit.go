package job

import (
	"fmt"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// errorLimitShape is the block as files have it: absent keys are nil.
type errorLimitShape struct {
	Record     *int64   `json:"record"`
	Percentage *float64 `json:"percentage"`
}

// errorLimit works out the effective limit. The three dialects differ in
// every point:
//
//	                       FlinkX            DataX                native
//	no block               0 rows, 0 %       no limit             0 rows
//	key absent in a block  no limit          no limit             no limit
//	percentage is          percent           a fraction           percent
//	both given             either trips      record only          either trips
//
// FlinkX: ErrorLimitConfig; DataX: ErrorRecordChecker.
func (l *loader) errorLimit(n *jsontree.Node, shape *errorLimitShape) ErrorLimit {
	limit := ErrorLimit{Record: -1, Percentage: -1, Dialect: l.Dialect}
	if n == nil || shape == nil {
		switch l.Dialect {
		case plugins.DialectFlinkX:
			limit.Record, limit.Percentage = 0, 0
		case plugins.DialectNative:
			limit.Record = 0
		}
		l.tellDoubt()
		return limit
	}
	if shape.Record != nil && *shape.Record >= 0 {
		limit.Record = *shape.Record
	}
	if shape.Percentage != nil && *shape.Percentage >= 0 {
		limit.Percentage = *shape.Percentage
	}
	if l.Dialect == plugins.DialectDataX {
		return l.dataxLimit(n, limit)
	}
	if limit.Percentage > 100 {
		l.fail(whole(n.Get("percentage")), CodeValue, settingPath+".errorLimit.percentage",
			fmt.Sprintf("%v percent of the rows cannot be dirty", limit.Percentage), "0 to 100")
	}
	return limit
}

// dataxLimit turns the fraction into percent, and drops it beside a record
// limit as DataX does.
func (l *loader) dataxLimit(n *jsontree.Node, limit ErrorLimit) ErrorLimit {
	if limit.Percentage < 0 {
		return limit
	}
	at, path := whole(n.Get("percentage")), settingPath+".errorLimit.percentage"
	if limit.Percentage > 1 {
		l.fail(at, CodeValue, path, fmt.Sprintf("percentage is a fraction in DataX jobs: %v is above 1", limit.Percentage),
			fmt.Sprintf("write %v for %v percent", limit.Percentage/100, limit.Percentage))
		return limit
	}
	limit.Percentage *= 100
	if limit.Record >= 0 {
		l.note(at, CodeApproximated, plugins.Warn, path, fmt.Sprintf("percentage has no effect beside record %d, as in DataX", limit.Record), "")
		limit.Percentage = -1
	}
	return limit
}

// tellDoubt says which rules were taken when nothing gave the dialect away
// and it makes a difference.
func (l *loader) tellDoubt() {
	if l.sign == "" {
		l.note(noPlace, CodeApproximated, plugins.Note, settingPath+".errorLimit",
			"no errorLimit and no sign of FlinkX or DataX: the first dirty row fails the job, as in FlinkX", "--dialect datax takes DataX's rules: no limit")
	}
}
