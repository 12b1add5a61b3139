// Package ask drives the heartbeat to the ResourceManager: it turns "so many
// containers are still missing" into asks, and answers into news. It is
// am.Resources on YARN.
//
// Guarantees:
//
//   - The ResourceManager's count of outstanding asks is mirrored here, so that
//     an ask is sent only when it differs from what is wished for, and a grant
//     that crosses a changed wish is not asked for twice.
//   - After a restart or failover of the ResourceManager the driver registers
//     again and says everything again: asks, releases, exclusions
//     (ApplicationMasterProtocol, "re-sync").
//   - Nodes are excluded only while they are less than a third of the cluster:
//     there is always one left to ask for.
//   - When this app attempt is no longer current, am.ErrNotCurrent comes back.
//
// Nothing here decides: how many containers are missing, which to give back and
// which nodes to avoid comes with each heartbeat from am/sched.
//
//	driver := ask.New(client, ask.Options{Resource: size, OnToken: nodes.SetToken})
//	master := am.New(am.Options{Resources: driver, ...})
package ask
