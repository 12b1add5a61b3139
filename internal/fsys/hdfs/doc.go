// Package hdfs is the file-system back end for hdfs://.
//
// Three parts work together, over one connection to the NameNode:
//
//   - names, leases, blocks and space are calls of yarnrpc/nn;
//   - what is written goes to the DataNodes in packets of yarnrpc/dn: a [writeFile]
//     fills them, a [stream] sends them in the background, a [pipeline] is its
//     connection, and recovery.go what happens when a node fails;
//   - what is read comes through github.com/colinmarc/hdfs. That library has its
//     own idea of a NameNode connection, without deadlines, retries or tokens; here
//     it is given the end of a [bridge] instead, which passes its calls on through
//     yarnrpc. So every call has the same failover, retry cache, deadlines and
//     authentication. Every file that is read has a [lane] of its own, that is a
//     library client: files do not wait for one another.
//
// # Guarantees
//
//   - Close is durable: every byte is acknowledged by each node that was left of
//     its block's pipeline. So is Sync, until a power cut of all of them.
//   - A DataNode that dies or does not answer within Options.IOTimeout is left out:
//     the block goes on with the others, the next one without it. Without any
//     other node the file is broken: remove it and write the unit again.
//   - A block that has lost a node is brought back to its replication by the
//     NameNode, not by the writer (as with
//     dfs.client.block.write.replace-datanode-on-failure.policy=NEVER).
//   - Each file has a lease holder of its own, so that nobody goes on renewing the
//     lease of a file that was given up, and a stamp for a rebuilt pipeline is
//     given only to who still holds the lease.
//   - Reads move to another replica and fetch new locations and block tokens by
//     themselves.
//
// Refused with fsys.ErrUnsupported, because wrong bytes would come or go in
// silence: files in encryption zones, and erasure-coded ones. A name may not hold
// a colon (DFSUtil.isValidName).
//
//	connect := hdfs.Connector(conf, hdfs.Options{})
//	opener := fsys.NewOpener(conf.DefaultFS(), map[string]fsys.Connect{"hdfs": connect})
package hdfs
