package main

import (
	"strings"
	"testing"

	"weft/internal/job"
	"weft/plugins"
)

func TestWhichMomentIsSaid(t *testing.T) {
	for want, s := range map[string]job.Setting{
		"split: each split":         {},
		"none: each query":          {Consistency: plugins.ConsistencyNone},
		"the run fails (onSnapshot": {Consistency: plugins.ConsistencySnapshot, OnSnapshotLoss: job.LossFail},
		"the rest is read as of":    {Consistency: plugins.ConsistencySnapshot, OnSnapshotLoss: job.LossDegrade},
	} {
		if got := consistencyText(s); !strings.Contains(got, want) {
			t.Errorf("%+v: %q, want %q in it", s, got, want)
		}
	}
	for want, r := range map[string]job.Result{
		"":                                 {Consistency: "split"},
		"snapshot":                         {Consistency: "snapshot"},
		"snapshot as of binlog x:1":        {Consistency: "snapshot", Snapshot: "binlog x:1"},
		"split: the snapshot was lost (y)": {Consistency: "split", Snapshot: "binlog x:1", Degraded: "y"},
	} {
		if got := viewText(&r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
