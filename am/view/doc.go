// Package view decides how the slots of a run come to read the source as of one
// moment: whom to wait for, when to take the snapshot, who may have work, and
// when it is lost. It stands between the containers' calls for work and the
// scheduler, and is as pure: a Gate is told what happens and answers with
// actions.
//
//	waiting --all slots here, or Gather over--> acquiring
//	acquiring --Acquired--> attaching (all are told at once)
//	attaching --all told have answered, or Hold over--> releasing
//	releasing --Released--> open: slots with the snapshot get work, others leave
//	acquiring --Acquired, a Late snapshot--> open: whoever comes attaches then
//	open --nobody has it any more--> lost: the run fails, or goes on without
//
// A run without a snapshot has the zero Gate: everybody passes.
//
//	gate.Begin(view.Options{Slots: 4, Loss: job.LossFail})
//	for _, a := range gate.Wants(now, id, want) { ... }
package view
