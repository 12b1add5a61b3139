// Package lint holds the rules of this code base as tests, so that nobody has
// to argue about them: who may import whom, how long things may be, that every
// package and exported name is explained, that no error is dropped without a
// reason, that tests do not sleep or skip, and that every plugin passes the
// conformance suite. Vet and staticcheck run as tests too. A rule that a test
// here does not check is only advice.
//
// The package has no code of its own beside the reading of the tree:
//
//	go test ./internal/lint
package lint
