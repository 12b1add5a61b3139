package am

import "sync"

// queue is an unbounded queue between goroutines: put never blocks, so that two
// that feed each other cannot stop each other.
type queue[T any] struct {
	mu    sync.Mutex
	items []T
	ready chan struct{} // has room for one; filled while there may be items
}

func newQueue[T any]() *queue[T] { return &queue[T]{ready: make(chan struct{}, 1)} }

func (q *queue[T]) put(item T) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take returns all items, in their order.
func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}
