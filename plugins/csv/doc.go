// Package csv is the plugin that reads text files of rows: CSV as RFC 4180
// describes it, or any other delimiter, on the local disk or any other file
// system. DataX calls it txtfilereader. It does not write: the hdfs plugin
// does, with a file:// path.
//
// The columns are those the job lists, found in a file by number or by the
// name in its header line; without a list, all that the first file has, as
// text. A header belongs to its file: the same columns may stand in another
// order in the next one.
//
//	split = some of the files      position = "<file in the split>:<offset of the next row>"
//
// A file is never cut: a quoted field may hold line ends, so nobody knows from
// the middle where a row begins. A file that changed since the plan was made
// stops the run. A row that cannot be taken apart, has too few or too many
// fields, or a value that its column cannot be, is refused; the rows behind it
// are read. Empty lines are no rows.
package csv
