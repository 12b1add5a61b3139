package job

import "testing"

// Of two limits that one after the other gave, the younger counts alone; the
// spec itself stays as it is.
func TestChanges(t *testing.T) {
	spec := &Spec{Setting: Setting{ErrorLimit: ErrorLimit{Record: 0, Percentage: 2}, YARN: YARN{ContainerMemoryMiB: 1024}}}
	ten, half := int64(10), 0.5
	if got := (Changes{}).Over(spec); got.Setting.ErrorLimit != spec.Setting.ErrorLimit {
		t.Errorf("no changes make %+v", got.Setting.ErrorLimit)
	}
	all := Changes{Record: &ten}.Then(Changes{ContainerMemoryMiB: 2048})
	got := all.Over(spec).Setting
	if got.ErrorLimit.Record != 10 || got.ErrorLimit.Percentage != -1 || got.YARN.ContainerMemoryMiB != 2048 {
		t.Errorf("record 10 and 2048 MiB make %+v", got)
	}
	got = all.Then(Changes{Percentage: &half}).Over(spec).Setting
	if got.ErrorLimit.Record != -1 || got.ErrorLimit.Percentage != 0.5 || got.YARN.ContainerMemoryMiB != 2048 {
		t.Errorf("then half a percent makes %+v", got)
	}
	if spec.Setting.ErrorLimit.Record != 0 || spec.Setting.YARN.ContainerMemoryMiB != 1024 {
		t.Errorf("the spec was changed: %+v", spec.Setting)
	}
	if !(Changes{}).IsZero() || all.IsZero() {
		t.Error("IsZero is wrong")
	}
}
