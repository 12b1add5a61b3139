package sqlwrite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Mode says what becomes of a row whose key is in the target already.
type Mode string

// The modes.
const (
	// Insert refuses it: it becomes a dirty row.
	Insert Mode = "insert"
	// Upsert overwrites the columns that the job names; others stay.
	Upsert Mode = "upsert"
	// Replace removes the old row and inserts the new one: columns that the
	// job does not name get their defaults (MySQL's REPLACE).
	Replace Mode = "replace"
)

// ParseMode reads writeMode as FlinkX, ChunJun, DataX and weft spell it, in any
// case; empty means Insert.
func ParseMode(text string) (Mode, error) {
	switch strings.ToLower(strings.Join(strings.Fields(text), " ")) {
	case "", "insert", "insert into", "append":
		return Insert, nil
	case "upsert", "update", "on duplicate key update":
		return Upsert, nil
	case "replace", "replace into":
		return Replace, nil
	}
	return "", fmt.Errorf("%q is none of insert, update (or upsert), replace", text)
}

// Statements are the job's own statements (preSql, postSql), one text each,
// given as a list or as one text. They are never split: a ';' may stand inside a
// text.
type Statements []string

// UnmarshalJSON takes a text, a list of texts or null; empty ones are left out.
func (s *Statements) UnmarshalJSON(data []byte) error {
	var list []string
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '"' {
		list = make([]string, 1)
		if err := json.Unmarshal(data, &list[0]); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("want a statement or a list of statements: %w", err)
	}
	*s = nil
	for _, text := range list {
		if strings.TrimSpace(text) != "" {
			*s = append(*s, text)
		}
	}
	return nil
}

// For returns the statements with the table's name, quoted, in the place of
// DataX's @table.
func (s Statements) For(table string) []string {
	list := make([]string, len(s))
	for i, text := range s {
		list[i] = strings.ReplaceAll(text, "@table", table)
	}
	return list
}
