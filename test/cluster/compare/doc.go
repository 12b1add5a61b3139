// Package compare tells whether a folder of text files holds exactly the rows of a MySQL table.
//
// It is the other opinion: it shares no code with weft. The table is read through the text protocol of go-sql-driver,
// the files over plain HTTP (WebHDFS) or from the local disk, gzip is undone by the standard library, and parser, value
// formats and hash are its own. Rows may come in any order and from any number of files; what is compared is how many
// there are and a sum of 128-bit hashes of them, so a lost, doubled or changed row shows.
//
//	report, err := compare.Run(ctx, compare.Options{
//		DSN: db.DSN(""), Table: "orders",
//		Folder: compare.WebHDFS{Base: h.NNWeb, Path: "/data/orders", User: "root"},
//	})
//	fmt.Print(report) // and report.Equal()
//
// # The text form
//
// A row is the columns in order with Delimiter between them and LF behind the last one. A field that is NullMarker byte
// for byte is NULL. With Escape, after that comparison, backslash takes the meaning from the byte behind it; with
// EscapeCRLF backslash n is LF and backslash r is CR (Hive's serialization.escape.crlf). A file must end with LF.
//
//	TINYINT ... BIGINT, YEAR  plain digits, a minus sign before negative ones
//	BIT(n)                    the number whose binary digits it holds
//	FLOAT, DOUBLE             the shortest digits that read back as the same number of that size; without exponent for
//	                          0 and 1e-5 <= |x| < 1e21, else d.ddde+XX with at least two digits of exponent
//	DECIMAL                   all declared digits behind the point, as the server prints it
//	DATE                      yyyy-MM-dd
//	DATETIME(n), TIMESTAMP(n) yyyy-MM-dd HH:mm:ss and, if n > 0, a point and exactly n digits; TIMESTAMP in UTC
//	TIME(n)                   [-]HH:MM:SS and the same fraction; hours may have three digits
//	CHAR, TEXT, ENUM, SET     as they are, UTF-8
//	JSON                      the text the server gives
//	BINARY, BLOB, ...         base64 with padding, or lower-case hexadecimal digits on demand
//
// Files whose name, or a folder above them below the given one, begins with a point or an underscore are not seen, as
// in Hive. A name that ends with .gz is decompressed.
package compare
