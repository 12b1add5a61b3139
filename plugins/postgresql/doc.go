// Package postgresql reads tables and queries of PostgreSQL.
//
// # Reading
//
// Rows come by COPY (SELECT ...) TO STDOUT in the binary format and are decoded
// where they lie in the socket's buffer, straight into the batch's vectors, by
// one function for each column that was chosen once:
//
//	socket -> messages.buf -> copyOut -> decoder.row -> plugins.Vector
//
// Login, TLS and questions to the catalogue are pgconn's, on the same
// connection in turn. Types without a decoder of their own are cast to text by
// the server.
//
// # Splits and positions
//
// A table is cut by its primary key, by a unique key without NULLs, or by
// splitPk: half-open ranges between keys that exist, found in the server's own
// order by a sample of blocks (cutBySample). A split of a unique key is read in
// its order, page by page, and its positions are the key of the last row:
//
//	COPY (SELECT ... WHERE (a, b) > (7, 'x') AND (a, b) < (9, 'm') ORDER BY a, b LIMIT 20000)
//
// All pages of a split lie in one REPEATABLE READ transaction, so that it sees
// one moment, unless the job says `consistency: none`. A lost connection is made
// again and the split read on behind the last row that arrived, in a new view
// (in a snapshot: in the same one). The select list begins
// with the key, so the place of a row is known even when the row is refused
// because it is too large to be read to its end. A split of anything else is
// one statement and has no positions: it is one unit.
//
// With `consistency: snapshot` all splits see the moment of one exported
// snapshot (Acquire, Attach); only then a table without a key is cut, by the
// blocks of its file.
//
// # Guarantees
//
//   - The splits of a table are disjoint and complete whatever its key and
//     collation; no value of a text column is ever compared outside the server.
//   - timestamp is wall-clock time and never shifted; timestamptz is an
//     instant; numeric keeps every digit.
//   - A row larger than Setup.MaxRowBytes is refused without being held in
//     memory.
//   - A reader's sessions are read-only.
//   - Every wait has a deadline that its error names.
//
// # Tests
//
// Every type, key and failure is tested against a real server; the decoders of
// foreign bytes are fuzzed.
//
// # Example
//
//	c := postgresql.Plugin().NewReaderConfig()
//	err := json.Unmarshal([]byte(`{"url": "jdbc:postgresql://db/shop", "username": "u", "password": "p", "table": "orders"}`), c)
//	c.Validate()
//	r, err := postgresql.NewReader(c, setup)
//	columns, err := r.(plugins.Describer).Describe(ctx)
package postgresql
