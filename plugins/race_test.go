//go:build race

package plugins

// pooled says that what a sync.Pool holds comes back. The race detector drops
// some of it on purpose.
const pooled = false
