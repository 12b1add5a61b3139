package sqlwrite

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// StagingNames returns the names of the table into which a run loads, and of
// the one as which the replaced table stays until it is dropped. They are
// functions of run and table, so that every generation finds the same, and of
// at most limitBytes bytes (MySQL 64 characters, PostgreSQL 63 bytes).
func StagingNames(run, table string, limitBytes int) (staging, replaced string) {
	sum := sha256.Sum256([]byte(run + "\x00" + table))
	prefix := "_weft_" + hex.EncodeToString(sum[:5])
	keep := max(limitBytes-len(prefix)-len("_old_"), 0)
	if len(table) > keep {
		for keep > 0 && !utf8.RuneStart(table[keep]) {
			keep--
		}
		table = table[:keep]
	}
	return prefix + "_new_" + table, prefix + "_old_" + table
}
