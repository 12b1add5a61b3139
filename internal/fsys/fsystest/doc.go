// Package fsystest is the conformance suite of the file-system seam: one named
// case for each sentence of package fsys that a back end has to keep. Every back
// end's tests call [Run]; a back end that passes can carry runs, journals and
// targets.
//
//	func TestConformance(t *testing.T) {
//		fsystest.Run(t, fsystest.Env{FS: local.FS{}, Dir: t.TempDir(), Entries: 50})
//	}
package fsystest
