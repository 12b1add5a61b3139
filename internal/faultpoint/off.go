//go:build !faultpoints

package faultpoint

import "weft/internal/fsys"

// Enabled says that the program was built to be stopped.
const Enabled = false

// At is a named place that is no operation of a file system. The name has the
// last three parts, see the package's comment.
func At(string) {}

// Connect puts the points of a file system around what connect gives.
func Connect(connect fsys.Connect) fsys.Connect { return connect }

// FS puts the points of a file system around inner.
func FS(inner fsys.FS) fsys.FS { return inner }
