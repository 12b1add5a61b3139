// Package ask drives the heartbeat to the ResourceManager: it turns "so many
// containers are still missing" into asks, and answers into news.
//
// Guarantees:
//
//   - The ResourceManager's count of outstanding asks is mirrored here, so that
//     an ask is sent only when it differs from what is wished for, and a grant
//     that crosses a changed wish is not asked for twice.
//   - After a restart or failover of the ResourceManager the driver registers
//     again and says everything again: asks, releases, exclusions
//     (ApplicationMasterProtocol, "re-sync").
//   - When this app attempt is no longer current, ErrOver comes back and
//     nothing is sent any more.
//   - LastAnswer tells when the ResourceManager last confirmed that this
//     ApplicationMaster is the current one, on the monotonic clock.
//
// Nothing here decides: how many containers are missing, which to give back and
// which nodes to avoid comes from the caller (am/sched) with each heartbeat.
//
//	driver := ask.New(client, ask.Options{Resource: size, OnToken: nodes.SetToken})
//	registered, err := driver.Register(ctx)
//	news, err := driver.Heartbeat(ctx, ask.Wish{Containers: 4})
//	for _, grant := range news.Granted { ... }
//	err = driver.Finish(ctx, amrm.Finish{Status: record.FinalSucceeded})
package ask
