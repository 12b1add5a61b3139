package sqlwrite

import "context"

// Bisection finds the rows of a batch that the server refuses.
type Bisection struct {
	// Insert sends rows [from, to) in one statement. An error leaves the
	// transaction as it was before the call.
	Insert func(ctx context.Context, from, to int) error
	// Faulty says that an error of Insert is the fault of a row; all others
	// end the work.
	Faulty func(err error) bool
	// Refuse takes a row that was refused, and why.
	Refuse func(row int, err error)
}

// Run inserts rows [0, n), all but those that the server refuses. Among n rows
// it finds one that is refused with at most 1 + 2*ceil(log2 n) statements. It
// relies on a statement that fails telling of the first of its rows that is bad,
// which holds wherever rows are inserted in their order.
func (b Bisection) Run(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	return b.unknown(ctx, 0, n)
}

// Split is Run for rows of which some are known to be refused by the server,
// the first of them with the given error.
func (b Bisection) Split(ctx context.Context, n int, cause error) error {
	return b.known(ctx, 0, n, cause)
}

func (b Bisection) unknown(ctx context.Context, from, to int) error {
	err := b.Insert(ctx, from, to)
	if err == nil || !b.Faulty(err) {
		return err
	}
	return b.known(ctx, from, to, err)
}

// known works on a range of which cause tells the first bad row's fault.
func (b Bisection) known(ctx context.Context, from, to int, cause error) error {
	for to-from > 1 {
		middle := from + (to-from+1)/2
		err := b.Insert(ctx, from, middle)
		if err == nil { // then the first bad row is behind
			from = middle
			continue
		}
		if !b.Faulty(err) {
			return err
		}
		if err := b.known(ctx, from, middle, err); err != nil {
			return err
		}
		return b.unknown(ctx, middle, to)
	}
	b.Refuse(from, cause)
	return nil
}
