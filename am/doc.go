// Package am is the ApplicationMaster: it makes or loads the plan of a run,
// gets containers, hands out splits, journals what they seal, commits, and says
// how it ended.
//
// Master only wires; each part lies in a folder of its own:
//
//	plan      what there is to move, once per run
//	sched     every decision, a pure state machine
//	commit    making the output visible
//	tracker   progress for people
//	ask, launch   the ResourceManager's heartbeat and the NodeManagers
//	web       the status page
//	bound     deadlines of what plugins are asked
//
// The same Master runs a job on YARN, where Resources and Launcher speak to the
// cluster and containers call in over TLS, and in one process (`weft run`),
// where both are a few lines and containers call the Desk directly.
//
//	                     +------------------------------+
//	umbilical.Desk ----->|                              |-----> Desk answers
//	Resources  --------->|  loop: event -> sched.Step   |-----> Resources, Launcher
//	journal, commit ---->|                              |-----> journal, commit
//	                     +------------------------------+
//
// One goroutine owns the machine. What can block (journal, commit, heartbeat,
// starting containers) runs in goroutines of its own and reports back by events.
//
//	master := am.New(am.Options{...})
//	result, err := master.Run(ctx)
package am
