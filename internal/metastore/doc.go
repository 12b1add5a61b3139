// Package metastore is a client of Hive's metastore: it finds, makes and changes
// tables and partitions over Thrift, without a HiveServer2.
//
//	client, err := metastore.New(metastore.Options{URIs: []string{"thrift://hms1:9083", "thrift://hms2:9083"}})
//	defer client.Close()
//	table, err := client.EnsureTable(ctx, wanted)          // creates it if it is absent
//	err = client.AddPartitions(ctx, table, metastore.Partition{Values: []string{"2026-03-01"}, Location: dir})
//
// What is read and written back keeps every field that this package has no name
// for: a Table or Partition holds the object as the server sent it.
//
// Guarantees:
//   - every call ends by its context or by Options.CallTimeout, whichever is
//     first, and names it;
//   - a server that does not answer is left for the next URI; every call here is
//     one that may be repeated, so a lost answer costs a repetition and nothing
//     else;
//   - errors are those of package plugins: ErrNotFound and ErrExists are in the
//     chain of what the server says about objects, Transient of what may pass.
//
// Releases: 2.3, 3.1 and 4.0. get_table_req is tried first, because Hive 4
// removed get_table (HIVE-26537) and Hive before 2.3 has no other.
//
// Source: hive_metastore.thrift of Apache Hive.
package metastore
