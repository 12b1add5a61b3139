package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/job"
)

func TestSizeOf(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name     string
		channel  int
		maxRow   int
		yarn     job.YARN
		splits   int
		wantSize Size
	}{
		{"one slot for nothing", 0, mib, job.YARN{}, 0,
			Size{Slots: 1, Containers: 1, SlotsPerContainer: 1, ContainerMiB: 1024, MasterMiB: 1024, VCores: 1}},
		{"no more slots than splits", 8, mib, job.YARN{Slots: 2}, 3,
			Size{Slots: 3, Containers: 2, SlotsPerContainer: 2, ContainerMiB: 1024, MasterMiB: 1024, VCores: 1}},
		{"no more splits at a time than channels", 4, mib, job.YARN{Slots: 2, VCores: 2}, 100,
			Size{Slots: 4, Containers: 2, SlotsPerContainer: 2, ContainerMiB: 1024, MasterMiB: 1024, VCores: 2}},
		{"a container has no idle slots", 1, mib, job.YARN{Slots: 4}, 9,
			Size{Slots: 1, Containers: 1, SlotsPerContainer: 1, ContainerMiB: 1024, MasterMiB: 1024, VCores: 1}},
		{"many slots need memory", 10, mib, job.YARN{Slots: 10}, 10,
			Size{Slots: 10, Containers: 1, SlotsPerContainer: 10, ContainerMiB: 256 + 10*128, MasterMiB: 1024, VCores: 1}},
		{"so do large rows", 4, 100 * mib, job.YARN{Slots: 2}, 4,
			Size{Slots: 4, Containers: 2, SlotsPerContainer: 2, ContainerMiB: 256 + 2*600, MasterMiB: 1024, VCores: 1}},
		{"what the job says holds", 4, 100 * mib, job.YARN{Slots: 2, ContainerMemoryMiB: 700, MasterMemoryMiB: 333}, 4,
			Size{Slots: 4, Containers: 2, SlotsPerContainer: 2, ContainerMiB: 700, MasterMiB: 333, VCores: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := SizeOf(job.Setting{Channel: c.channel, MaxRowBytes: c.maxRow, YARN: c.yarn}, c.splits)
			if diff := cmp.Diff(c.wantSize, got); diff != "" {
				t.Errorf("size (-want +got):\n%s", diff)
			}
		})
	}
}
