// Package nn makes the NameNode calls that an HDFS library usually lacks: delegation tokens, lease recovery, creates and
// renames that never overwrite, mkdir without parents, and the flags of files that need special readers
// (org.apache.hadoop.hdfs.protocol.ClientProtocol, port 8020).
//
//	client, err := nn.New(yarnrpc.Options{Addresses: []string{"nn1:8020", "nn2:8020"}, User: "alice"})
//	closed, err := client.RecoverLease(ctx, "/staging/live-000001/000007.j", holder)
//	err = client.Rename(ctx, from, to, false) // errors.Is(err, fs.ErrExist) if to is there
//
// It moves no data: it hands out blocks and rebuilds their pipelines (block.go); what travels to DataNodes is in
// package dn.
//
// # Guarantees
//
//   - Errors match io/fs: ErrNotExist, ErrExist, ErrPermission. Path and cause are in the message.
//   - Calls that change something are repeated with the same client and call id, so the NameNode's retry cache answers
//     them as it did the first time (for ten minutes by default, and across a failover). That makes them safe to repeat
//     within one call of this package, though not by a caller who calls again.
package nn
