// Package yarnrpc speaks Hadoop RPC: to YARN's ResourceManagers and NodeManagers and to HDFS's NameNodes.
//
// It knows nothing of moving data and could be a module of its own. The typed clients are what most callers want; each
// is made from Options:
//
//	rm    applications: new, submit, report, list, kill; nodes, queues, metrics
//	amrm  an ApplicationMaster's side: register, allocate, finish
//	nm    containers on nodes: start, stop, status
//	nn    the NameNode calls that an HDFS library usually lacks
//
//	client, err := rm.New(yarnrpc.Options{Addresses: []string{"rm1:8032", "rm2:8032"}, User: "alice"})
//	defer client.Close()
//	report, err := client.Report(ctx, id)
//
// Below them lie Client (many calls over a pooled connection, failover between addresses), hrpc (bytes), sasl
// (authentication), token (credentials). Errors answer two questions: ClassOf says who must react how, SafeToRetry
// whether the call can have had an effect.
//
// # Guarantees
//
//   - Many calls run at once over one connection, and answers come in any order. A cancelled call returns at once and
//     frees its slot; its late answer is dropped.
//   - A call is repeated by itself only if no server can have acted upon it, or if the caller said that repeating does
//     no harm (Client.Idempotent). A repeated call keeps its id, so that a NameNode's retry cache knows it.
//   - Every wait has a deadline, which its error names: ConnectTimeout, CallTimeout, RetryFor, and the context's.
//   - Frames are bounded in both directions, before anything is allocated.
//   - Close returns when every goroutine has ended. There is no global state, and nothing is logged unless
//     Options.Logger is set, and then at debug level only.
//
// # Not guaranteed
//
// A call that failed with ClassLost may or may not have had its effect: read the state back. Authentication happens
// when a connection opens; an open connection outlives the expiry of its token. KERBEROS is not supported yet.
//
// Tests run against yarntest, a scriptable ResourceManager and NodeManager on real sockets.
//
// Sources: org.apache.hadoop.ipc.{Client,Server,RetryCache}, org.apache.hadoop.io.retry.RetryPolicies.
package yarnrpc
