//go:build !race

package plugins

// pooled says that what a sync.Pool holds comes back.
const pooled = true
