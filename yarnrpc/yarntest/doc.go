// Package yarntest is a ResourceManager and NodeManagers for tests: real sockets, real frames, real DIGEST-MD5, no
// Hadoop, and anything can be made to go wrong.
//
//	rm := yarntest.NewRM(t)
//	node := rm.AddNode(8192, 8)
//	app := rm.StartApplication(false)         // as if submitted, with its first attempt launched
//	client, err := amrm.New(yarnrpc.Options{Addresses: rm.SchedulerAddrs()}, app.Credentials())
//
// What it does is what the real ones do as far as an ApplicationMaster can tell: response ids, absolute asks, rounding to
// 128 MiB, one NM token per node and attempt, container tokens that expire, completions that are repeated until
// acknowledged, re-registration after a restart. Each RPC method has a file of its own, named after it.
//
// # Containers
//
// A started container runs RM.Run, if set, in a goroutine; its result is the exit status. Otherwise it runs until
// NM.Complete.
//
// # Faults
//
// RM.Client, RM.Scheduler and NM.Server are Servers. Server.Inject queues a Fault for the next call of a method: an
// exception, a dropped connection before or after acting, half an answer, an answer held back until the test says so.
// Server.Refuse makes a port refuse connections, as a standby ResourceManager does; RM.AddStandby and RM.Failover play
// high availability; RM.Restart, RM.RollKey, NM.Lose, RM.Preempt and RM.ExpireTokens do what their names say.
//
// Everything ends with the test. A protocol error of the client under test (a bad header, a context that is not
// wrapped, a token for another node) fails the test.
package yarntest
