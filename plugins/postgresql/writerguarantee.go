package postgresql

import (
	"fmt"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

var _ plugins.Guarantor = (*Writer)(nil)

// Guarantee implements plugins.Guarantor.
func (w *Writer) Guarantee() (plugins.Guarantee, string) {
	table := w.config.CheckpointTable
	switch {
	case !w.config.ExactlyOnce && w.config.mode == sqlwrite.Insert:
		return plugins.AtLeastOnce, "exactlyOnce is false: the rows of a unit that was under way when something failed may be inserted again"
	case !w.config.ExactlyOnce:
		return plugins.EffectivelyOnce, fmt.Sprintf("exactlyOnce is false: a unit may be written again, and %s by key ends in the same rows", w.config.mode)
	case w.config.Mode == modeStaging:
		return plugins.ExactlyOnce, "rows and their checkpoint (" + table + ") are committed together to a staging table, which takes the table's place in one step"
	case w.config.mode == sqlwrite.Insert:
		return plugins.ExactlyOnce, "the rows of a unit and their checkpoint (" + table + ") are one transaction; rows are visible from then on"
	}
	return plugins.EffectivelyOnce, fmt.Sprintf("the rows of a unit and their checkpoint (%s) are one transaction, so each is written once; of source rows with one key the last remains", table)
}
