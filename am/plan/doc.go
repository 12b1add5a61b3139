// Package plan turns a job.Spec into the immutable job.Plan: what the source
// delivers, what the target takes, how far an incremental run goes, and which
// splits there are. It runs once per run, in the first ApplicationMaster, and
// for `weft plan`, which shows it without running anything.
//
//	Describe (reader) -> Map (writer) -> Until (reader) -> Splits (reader)
//
// It asks both systems and changes nothing in them. Everything worth knowing
// comes back as findings; one graded Fail means that the job cannot run.
//
//	made, err := plan.Make(ctx, plan.Options{Spec: spec, Run: id, Registry: registry})
package plan
