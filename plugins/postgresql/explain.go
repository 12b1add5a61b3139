package postgresql

import (
	"encoding/json"
	"fmt"

	"weft/internal/sqlread"
	"weft/plugins"
)

var _ plugins.Explainer = (*Reader)(nil)

// Explain implements plugins.Explainer with the query that Open will run,
// without the casts to text that some types get.
func (r *Reader) Explain(split plugins.Split) (string, error) {
	var p piece
	if len(split.Data) > 0 {
		if err := json.Unmarshal(split.Data, &p); err != nil {
			return "", fmt.Errorf("explain %s: %w", split, err)
		}
	}
	return r.selection(p, r.setup.Columns).sql(p, sqlread.Tuple{}, 0), nil
}
