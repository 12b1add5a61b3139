package main

import (
	"weft/internal/job"
	"weft/plugins"
)

// consistencyText says which moment of the source a job reads, and what becomes
// of it when something is lost.
func consistencyText(s job.Setting) string {
	switch s.Consistency {
	case plugins.ConsistencySnapshot:
		end := "the run fails (onSnapshotLoss: fail)"
		if s.OnSnapshotLoss == job.LossDegrade {
			end = "the rest is read as of later (onSnapshotLoss: degrade)"
		}
		return "snapshot: all splits as of one moment, as long as one slot is connected; when all containers are lost " + end
	case plugins.ConsistencyNone:
		return "none: each query as of its own moment"
	}
	return "split: each split as of its own moment"
}

// viewText says of a run what was kept of it; empty where nobody asked.
func viewText(r *job.Result) string {
	switch {
	case r.Degraded != "":
		return "split: the snapshot was lost (" + r.Degraded + ")"
	case r.Consistency != string(plugins.ConsistencySnapshot):
		return ""
	case r.Snapshot != "":
		return "snapshot as of " + r.Snapshot
	}
	return "snapshot"
}
