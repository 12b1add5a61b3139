// Package jsontree reads JSON as people write it and keeps where everything
// stood, so that whoever finds a mistake later can point at it.
//
// Two modes:
//
//   - Standard: RFC 8259 plus what hujson (JSON with commas and comments)
//     allows: // and /* */ comments, a comma behind the last element.
//   - Lenient: beyond that what Gson's lenient reader and fastjson take in
//     FlinkX and DataX jobs: # comments, single quotes, names and words
//     without quotes, control characters inside strings, octal escapes.
//
// Parse never stops at the first mistake: it says what it found, assumes the
// most likely meaning and goes on. What it returns is a tree in any case; a
// Problem that is Fatal says that the tree is not what the author meant.
//
// A duplicate key is reported and both members are kept; Get returns the last
// one, as Gson and fastjson do. Numbers stay the text they were written as.
//
//	root, problems := jsontree.Parse(text, jsontree.Lenient)
//	channel := root.At("job.setting.speed.channel")
package jsontree
