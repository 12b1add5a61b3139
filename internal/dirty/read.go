package dirty

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"weft/internal/fsys"
)

// maxLineBytes bounds one row: 4,096 columns of plugins.MaxRawValueBytes, every
// byte escaped.
const maxLineBytes = 128 << 20

// Each calls do with every row of a closed file, in their order, until one call
// fails.
func Each(ctx context.Context, f fsys.Reader, name string, do func(Row) error) (err error) {
	file, err := f.Open(ctx, name)
	if err != nil {
		return fmt.Errorf("read dirty rows: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), maxLineBytes)
	for n := 1; lines.Scan(); n++ {
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("read dirty rows: %s, line %d: %w", name, n, err)
		}
		if err := do(r); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read dirty rows: %s: %w", name, err)
	}
	return nil
}

// Position says where a row lies in its split: "3:1041" is row 1041 of unit 3.
func (r *Row) Position() string { return fmt.Sprintf("%d:%d", r.Unit, r.Row) }

// Original is the row as JSON: an object of texts as the reader delivered it, or
// the text that could not be made a row of.
func (r *Row) Original() json.RawMessage {
	if r.Value != nil || r.Raw == "" {
		return r.Value
	}
	text, err := json.Marshal(r.Raw)
	if err != nil { // cannot be: a string always has a JSON form
		return nil
	}
	return text
}

// Fields returns the row's columns by name, as far as it came that far: nil for
// a row that was refused on reading. NULL is nil.
func (r *Row) Fields() map[string]*string {
	var fields map[string]*string
	if json.Unmarshal(r.Value, &fields) != nil {
		return nil
	}
	return fields
}
