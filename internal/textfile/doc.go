// Package textfile is the text codec that every plugin with lines and fields
// shares: delimited text as Hive's LazySimpleSerDe reads and writes it, and
// CSV as RFC 4180 describes it.
//
// Start with [Format], which says how rows lie in a file. An [Encoder] appends
// the rows of a batch to a buffer; a [Decoder] cuts a stream into rows of
// fields again; [Decompress] puts the right decompressor before it.
//
// # Guarantees
//
//   - What an Encoder writes, a Decoder of the same Format reads back as the
//     same values, NULL, empty text and the text "null" told apart. A value for
//     which that cannot be promised is refused, escaped, quoted or replaced, as
//     the [Policy] says, and never written as it is.
//   - A Decoder takes any bytes. Lines that are broken or longer than its limit
//     come out as [LineError], and it goes on behind them; its memory is bound
//     by the limit.
//   - Steady state allocates nothing per row.
//
// # Not guaranteed
//
//   - Character sets: files are UTF-8, see [CheckCharset].
//
// Fuzz tests hold the first two sentences; a benchmark of 8 columns holds the
// encoder to its budget of 150 ns a row.
//
//	enc, err := textfile.NewEncoder(textfile.EncoderOptions{Format: textfile.Hive(), Columns: columns})
//	refused.Reset(batch.Rows)
//	enc.Begin(batch, &refused)
//	buf, next := enc.Append(buf[:0], 0, 1<<20) // rows 0 to next-1, about 1 MiB
package textfile
