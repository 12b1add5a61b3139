// Package pb holds the protocol buffer messages of Hadoop RPC, YARN and the NameNode that yarnrpc uses.
//
// The .proto files are our own subset of Hadoop's. Names never travel on the wire, so they are registered under names
// and paths of our own (package weft.hadoop.*, files weft/hadoop/*.proto): an HDFS library in the same binary that
// carries Hadoop's own files would otherwise make the program panic when it starts.
//
// Only the packages below yarnrpc use it; what they export are plain Go structs. The *.pb.go files are generated; a
// test compares them with what pbgen makes of the .proto files.
package pb

//go:generate go run weft/yarnrpc/internal/pbgen -out . client.proto container.proto datanode.proto identifier.proto master.proto namenode.proto record.proto rpc.proto security.proto
