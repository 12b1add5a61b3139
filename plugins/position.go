package plugins

// Position is an opaque, ordered place in a split: just after some row. Only
// the reader that made it can tell what it means; the engine stores it,
// hands it back to Reader.Open and compares it for equality. It must be valid
// UTF-8, since it is kept in JSON. The zero Position is the start of the split.
//
// A reader whose positions stay empty cannot resume inside a split: each of
// its splits is one unit.
type Position string
