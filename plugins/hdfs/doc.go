// Package hdfs is the plugin "hdfs": it reads and writes text files on HDFS,
// and on the local disk by the same code (defaultFS file:///).
//
// # Writing
//
// Every attempt writes into a folder of its own below the hidden folder of the
// run, next to the target and on its file system; see layout. A file belongs
// to one unit; Seal closes it, and closed means durable. Whatever is not
// sealed is never named by anybody. When all splits are done, a commit plan of
// idempotent renames makes the sealed files visible; final names are functions
// of run, split, unit and the file's place in the unit.
//
//   - Into a target that does not exist: by one rename of a whole folder.
//   - append: by renames, one after the other.
//   - overwrite: the same, and then the files that were there when the plan was
//     made are moved, by name, into .weft-<run>/replaced.
//   - nonConflict: refused unless the target is empty, at the start and again
//     before the commit.
//
// No operation moves or removes what this run did not make, except those listed
// files; nothing at all is deleted but what the run made.
//
// Columns left out of the job follow the reader: its names, and the Hive type
// that holds every value of its kinds. A value that the text would not give
// back is refused, escaped or replaced (onDelimiter); it is never written as
// it is.
//
// # Reading
//
// Files, folders with all below them, and patterns. Plain files are cut into
// splits at any byte, as Hadoop's TextInputFormat does; positions are offsets,
// so that an attempt goes on where the last sealed unit ended. A file that has
// changed since the plan is a Fatal error.
//
// # Not there
//
// ORC, Parquet, SequenceFile and RCFile; character sets other than UTF-8;
// writing bzip2, snappy, lzo; names of months and two-digit years in date
// patterns. All of them are refused by name when the job is checked.
//
// # Example
//
//	plugin := hdfs.New(func(defaultFS string, conf map[string]string) (*fsys.Opener, error) {
//		return fsys.NewOpener(defaultFS, map[string]fsys.Connect{"file": local.Connect}), nil
//	})
package hdfs
