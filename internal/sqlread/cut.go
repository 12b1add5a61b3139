package sqlread

import (
	"context"
	"math/big"
	"slices"

	"weft/plugins"
)

// Prober asks the source about the order of a key. No call may cost more than
// a few look-ups in the index, whatever the size of the table.
type Prober interface {
	// Ends returns the first and the last key; both nil if there is no row.
	Ends(ctx context.Context) (first, last Tuple, err error)
	// Cut returns the first key that is above after and not below guess, and
	// the last key before that one. A nil key says that no key up to upTo
	// (inclusive) is so, or that it does not pay to look on.
	Cut(ctx context.Context, after, guess, upTo Tuple) (key, before Tuple, err error)
	// Estimate returns about how many rows a range has; -1 if unknown.
	Estimate(ctx context.Context, r Range) (int64, error)
}

// Piece is a range of the key with about how many rows it has; -1 if unknown.
type Piece struct {
	Range
	Rows int64
}

// CutOptions say how finely to cut.
type CutOptions struct {
	// Pieces is about how many pieces are wanted.
	Pieces int
	// MinRows is the smallest number of rows worth a piece of its own.
	MinRows int64
	// Rows is about how many rows there are; -1 if unknown.
	Rows int64
	// Probes bounds the number of cuts tried; 0 means 16 for each piece.
	Probes int
}

// Cut cuts the whole range of key into pieces of about equal numbers of rows.
// They are disjoint, in the order of the key, and complete: the first is open
// below, the last above. Boundaries are keys that exist, or, for a single
// integer without large gaps, numbers.
//
// The heaviest piece is cut in the middle of its values, again and again, with
// the server's estimates as weights and its nearest existing key as boundary.
// So gaps and skew cost a few look-ups instead of empty and overfull pieces,
// and nothing is ever scanned.
func Cut(ctx context.Context, p Prober, key []KeyColumn, o CutOptions) ([]Piece, error) {
	whole := []Piece{{Rows: o.Rows}}
	if o.Pieces < 2 || o.Rows >= 0 && o.Rows < 2*o.MinRows {
		return whole, nil
	}
	first, last, err := p.Ends(ctx)
	if err != nil || first == nil {
		return whole, err
	}
	pieces := o.Pieces
	if o.Rows >= 0 && o.MinRows > 0 {
		pieces = int(min(int64(pieces), o.Rows/o.MinRows))
	}
	if equal := cutEqually(key, first, last, o.Rows, pieces); equal != nil {
		return equal, nil
	}
	c := cutter{prober: p, key: key, rows: o.Rows, probes: o.Probes}
	if c.probes == 0 {
		c.probes = 16 * pieces
	}
	return c.cut(ctx, first, last, pieces)
}

// cutEqually cuts a single integer key into ranges of equal width if at least
// half of its values exist. nil says that it is not so.
func cutEqually(key []KeyColumn, first, last Tuple, rows int64, pieces int) []Piece {
	if len(key) != 1 || key[0].Kind != plugins.KindInt64 && key[0].Kind != plugins.KindUint64 {
		return nil
	}
	low, high := number(key[0].Kind, first[0]), number(key[0].Kind, last[0])
	if low == nil || high == nil {
		return nil
	}
	span := new(big.Int).Sub(high, low)
	if rows < 0 || span.Cmp(big.NewInt(2*rows)) > 0 {
		return nil
	}
	return EqualRanges(key[0].Kind, first[0], last[0], pieces, rows)
}

// EqualRanges cuts [first, last] of an integer or time into ranges of equal
// width, the first and last of them open. It asks nobody: for keys that no
// index helps with. Rows is shared out equally, -1 stays unknown.
func EqualRanges(kind plugins.Kind, first, last string, pieces int, rows int64) []Piece {
	low, high := number(kind, first), number(kind, last)
	var list []Piece
	var from Tuple
	if low != nil && high != nil {
		span := new(big.Int).Sub(high, low)
		span.Add(span, big.NewInt(1))
		previous := low
		for i := 1; i < pieces; i++ {
			at := new(big.Int).Mul(span, big.NewInt(int64(i)))
			at.Quo(at, big.NewInt(int64(pieces))).Add(at, low)
			if at.Cmp(previous) <= 0 {
				continue
			}
			to := Tuple{numberText(kind, at)}
			list = append(list, Piece{Range: Range{Low: from, High: to}})
			from, previous = to, at
		}
	}
	list = append(list, Piece{Range: Range{Low: from}})
	for i := range list {
		list[i].Rows = pick(rows < 0, -1, rows/int64(len(list)))
	}
	return list
}

func pick(first bool, a, b int64) int64 {
	if first {
		return a
	}
	return b
}

// cutter holds the pieces while they are being cut.
type cutter struct {
	prober Prober
	key    []KeyColumn
	rows   int64
	probes int
	blind  bool   // the prober cannot estimate: the weights are only shares
	parts  []part // in the order of the key
}

// part is a piece with the first and last key that really lie in it.
type part struct {
	Piece
	first, last Tuple
	done        bool // cannot be cut any further
}

func (c *cutter) cut(ctx context.Context, first, last Tuple, pieces int) ([]Piece, error) {
	whole := part{first: first, last: last}
	if err := c.weigh(ctx, &whole); err != nil {
		return nil, err
	}
	if whole.Rows < 0 {
		// Nothing can be estimated: the middle of the values is all there is.
		whole.Rows, c.blind = 1<<40, true
	}
	c.parts = []part{whole}
	for range c.probes {
		i := c.heaviest()
		if i < 0 || c.parts[i].Rows <= c.target(pieces) {
			break
		}
		if err := c.halve(ctx, i); err != nil {
			return nil, err
		}
	}
	return c.merge(c.target(pieces)), nil
}

// target is the weight of a piece. It follows the weights of the parts: InnoDB
// estimates ranges within a table up to twice as large as they are, so that
// parts weigh more than the whole did.
func (c *cutter) target(pieces int) int64 { return max(c.weight()/int64(pieces), 1) }

func (c *cutter) weight() int64 {
	var sum int64
	for i := range c.parts {
		sum += c.parts[i].Rows
	}
	return sum
}

func (c *cutter) heaviest() int {
	best := -1
	for i := range c.parts {
		if !c.parts[i].done && (best < 0 || c.parts[i].Rows > c.parts[best].Rows) {
			best = i
		}
	}
	return best
}

// halve cuts part i in two, or marks it as done.
func (c *cutter) halve(ctx context.Context, i int) error {
	whole := c.parts[i]
	for _, guess := range c.guesses(whole) {
		key, before, err := c.prober.Cut(ctx, whole.first, guess, whole.last)
		if err != nil {
			return err
		}
		if key == nil || before == nil {
			continue
		}
		left := part{Piece: Piece{Range: Range{Low: whole.Low, High: key}}, first: whole.first, last: before}
		right := part{Piece: Piece{Range: Range{Low: key, High: whole.High}}, first: key, last: whole.last}
		return c.replace(ctx, i, left, right)
	}
	c.parts[i].done = true
	return nil
}

// guesses returns places in the middle of a part, the best first: the columns
// that its first and last key share, and of the next one a value between.
func (c *cutter) guesses(p part) []Tuple {
	same := 0
	for same < len(c.key) && p.first[same] == p.last[same] {
		same++
	}
	if same == len(c.key) {
		return nil
	}
	list := c.between(p, same)
	// Two spellings of one text may be equal in the collation; then it is the
	// next column that tells the keys apart.
	for ; same+1 < len(c.key) && c.key[same].Kind == plugins.KindString; same++ {
		list = append(list, c.between(p, same+1)...)
	}
	return list
}

func (c *cutter) between(p part, column int) []Tuple {
	var list []Tuple
	for _, value := range Between(c.key[column], p.first[column], p.last[column]) {
		list = append(list, append(slices.Clone(p.first[:column]), value))
	}
	return list
}

func (c *cutter) replace(ctx context.Context, i int, left, right part) error {
	weight := c.parts[i].Rows
	for _, half := range []*part{&left, &right} {
		if err := c.weigh(ctx, half); err != nil {
			return err
		}
		if half.Rows < 0 {
			half.Rows = weight / 2
		}
	}
	c.parts = slices.Replace(c.parts, i, i+1, left, right)
	return nil
}

func (c *cutter) weigh(ctx context.Context, p *part) error {
	rows, err := c.prober.Estimate(ctx, p.Range)
	p.Rows = rows
	return err
}

// merge joins neighbours as long as they stay below target together.
func (c *cutter) merge(target int64) []Piece {
	var list []Piece
	for _, p := range c.parts {
		if n := len(list); n > 0 && list[n-1].Rows+p.Rows <= target {
			list[n-1].High = p.High
			list[n-1].Rows += p.Rows
			continue
		}
		list = append(list, p.Piece)
	}
	c.scale(list)
	return list
}

// scale turns weights into numbers of rows, as far as the whole is known.
func (c *cutter) scale(list []Piece) {
	factor := float64(c.rows) / float64(max(c.weight(), 1))
	for i := range list {
		switch {
		case c.rows >= 0:
			list[i].Rows = int64(float64(list[i].Rows) * factor)
		case c.blind:
			list[i].Rows = -1
		}
	}
}
