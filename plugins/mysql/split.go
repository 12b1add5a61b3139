package mysql

import (
	"context"
)

// minPieceRows is the number of rows below which a split of its own costs more
// than it gains.
const minPieceRows = 5_000

func (r *Reader) incrementName() string { return "" }

// Until implements plugins.Incrementer.
func (r *Reader) Until(ctx context.Context) (string, bool, error) { return "", false, nil }
