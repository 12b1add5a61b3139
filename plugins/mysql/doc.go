// Package mysql reads tables and queries of MySQL and MariaDB, and of servers
// and proxies that speak their protocol, and writes their tables.
//
// # Two ways to the server
//
// Rows come over a connection of their own (wire, packets): handshake,
// authentication and TLS are go-mysql's, everything after them is ours. A query
// is prepared, so that the server sends the binary protocol, and its rows are
// decoded where they lie in the socket's buffer, straight into the batch's
// vectors, by one function for each column that was chosen once:
//
//	socket -> packets.buf -> decoder.row -> plugins.Vector
//
// Nothing is copied or allocated per row in between. Everything else, the
// catalogue, the ends of keys, checks, goes through database/sql (meta).
//
// # Splits and positions
//
// A table is cut by its primary key or by splitPk (catalogue, probe, and
// package sqlread): half-open ranges between keys that exist, found by index
// look-ups and the optimizer's own estimates. Where the engine stores the table
// in the order of the key (InnoDB), a split is read in that order, and its
// positions are the key of the last row, a JSON list of texts:
//
//	SELECT ... WHERE <key after position> AND <key below the end> ORDER BY <key>
//
// The select list begins with the key. So the place of a row is known even
// when the row is refused because it is too large to be read to its end. A
// split of anything else has no positions: it is one unit.
//
// # Guarantees
//
//   - The splits of a table are disjoint and complete whatever its key and
//     collation; no value of a text column is ever compared outside the server.
//   - Each split is read in one view of its own, until a connection is lost in
//     its middle; with consistency: snapshot all splits are read in one view,
//     whatever is lost, or not at all (snapshot).
//   - No result is kept open while nobody reads for a third of the server's
//     net_write_timeout: the query is ended, and the next one begins behind the
//     last row (pause). Splits without positions cannot do that; the server is
//     asked for more patience instead.
//   - Rows that arrived before a connection was lost are delivered, so that
//     reading gets further however often that happens.
//   - DATETIME is wall-clock time and never shifted; TIMESTAMP is an instant;
//     decimals keep every digit; unsigned 64-bit survives.
//   - A row larger than Setup.MaxRowBytes is refused without being held in
//     memory.
//   - Every wait has a deadline that its error names.
//
// # Writing
//
// The rows of a unit and the row of the table of checkpoints that describes it
// are one transaction (Writer, package sqlwrite). A batch goes by LOAD DATA
// LOCAL, fed from memory, under a savepoint; on any difference between what was
// given and what the server says, it is taken back and goes by strict INSERTs,
// which are bisected where one fails:
//
//	batch -> convert -> check -> LOAD DATA ----- all taken, no warning ----> next batch
//	                                  +-- else: back to the savepoint, INSERT, bisect -> dirty rows
//
// Values are held against the declared types before they are sent: the server
// rounds and cuts some without a word.
//
// # Tests
//
// Every type, key and failure is tested against a real MariaDB and, where one
// can be had, a current MySQL; the decoders of foreign bytes are fuzzed.
//
// # Example
//
//	c := mysql.Plugin().NewReaderConfig()
//	err := json.Unmarshal([]byte(`{"url": "jdbc:mysql://db/shop", "username": "u", "password": "p", "table": "orders"}`), c)
//	c.Validate()
//	r, err := mysql.NewReader(c, setup)
//	columns, err := r.(plugins.Describer).Describe(ctx)
package mysql
