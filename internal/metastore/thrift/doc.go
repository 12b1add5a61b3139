// Package thrift speaks Thrift's binary protocol as far as Hive's metastore and
// HiveServer2 need it: calls with one struct of arguments and one of results.
//
// Nothing is generated from an IDL. A struct is a list of numbered fields whose
// values carry their types, so that whoever reads an object, changes one field
// and writes it back keeps every other one, also those that a newer server has
// and this program has never heard of.
//
//	conn, err := thrift.Dial(ctx, "hms1:9083", nil)
//	defer conn.Close()
//	result, err := conn.Call(ctx, "get_database", thrift.Struct{{ID: 1, Value: "sales"}})
//	db := result.Struct(0)                 // field 0 is success
//	location := db.String(3)
//
// Guarantees: lengths that a peer names are bounded before anything is
// allocated for them, depth too; every call ends by its context. Decode is
// fuzzed.
//
// Source: thrift-binary-protocol.md and thrift-rpc.md of Apache Thrift (strict
// encoding, unframed transport as Hive's TSocket has it).
package thrift
