// Package hdfs is the file-system back end for hdfs://.
//
// Two parts work together, over one connection to the NameNode:
//
//   - names, leases and space are calls of yarnrpc/nn;
//   - the bytes of files go to and come from the DataNodes through
//     github.com/colinmarc/hdfs. That library has its own idea of a NameNode
//     connection, without deadlines, retries or tokens; here it is given the end
//     of a [bridge] instead, which passes its calls on through yarnrpc. So every
//     call has the same failover, retry cache, deadlines and authentication.
//
// Every open file has a [lane] of its own, that is a library client with its own
// lease holder: files do not wait for one another, and a file that went wrong is
// dropped with its lane, so that nobody goes on renewing its lease.
//
// Only Close is durable: Sync hands over what is buffered and promises nothing.
// A failed DataNode breaks the file being written (the library cannot rebuild a
// pipeline): remove it and write the unit again. Reads move to another replica
// and fetch new locations and block tokens by themselves.
//
// Refused with fsys.ErrUnsupported, because the library would read or write
// wrong bytes in silence: files in encryption zones, and erasure-coded ones. A
// name may not hold a colon (DFSUtil.isValidName).
//
//	connect := hdfs.Connector(conf, hdfs.Options{})
//	opener := fsys.NewOpener(conf.DefaultFS(), map[string]fsys.Connect{"hdfs": connect})
package hdfs
