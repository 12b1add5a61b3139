package mysql

import (
	"weft/internal/sqlwrite"
	"weft/plugins"
)

var _ plugins.Keeper = (*Writer)(nil)

// Keeps implements plugins.Keeper: rows that were inserted straight into the
// target stay there. Those that are written by their key are overwritten by a
// new start, and a staging table is dropped.
func (w *Writer) Keeps() string {
	if w.config.Mode == modeStaging || w.config.mode != sqlwrite.Insert {
		return ""
	}
	return "the rows that it has inserted into the target"
}
