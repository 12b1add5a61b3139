package plan

import (
	"weft/internal/job"
	"weft/plugins"
)

// Memory of a container in MiB: a Go process reserves more than 1 GiB of
// addresses before it does anything, and YARN's virtual memory check counts
// those (yarn.nodemanager.vmem-pmem-ratio is 2.1), so 1 GiB is the least.
const (
	baseMiB    = 256
	perSlotMiB = 128
	leastMiB   = 1024
)

// Size is what a run asks of a cluster.
type Size struct {
	// Slots is the number of splits moved at the same time.
	Slots int
	// Containers is how many containers that takes, each of SlotsPerContainer.
	Containers, SlotsPerContainer int
	// ContainerMiB and MasterMiB are their sizes, VCores of a container.
	ContainerMiB, MasterMiB, VCores int
}

// SizeOf computes what a run with so many splits asks for. Rows of maxRowBytes
// may be under way in several copies in each slot.
func SizeOf(s job.Setting, splits int) Size {
	size := Size{Slots: max(min(s.Channel, splits), 1), SlotsPerContainer: max(s.YARN.Slots, 1),
		ContainerMiB: s.YARN.ContainerMemoryMiB, MasterMiB: s.YARN.MasterMemoryMiB, VCores: max(s.YARN.VCores, 1)}
	size.SlotsPerContainer = min(size.SlotsPerContainer, size.Slots)
	size.Containers = (size.Slots + size.SlotsPerContainer - 1) / size.SlotsPerContainer
	if size.ContainerMiB == 0 {
		slot := max(perSlotMiB, 6*s.MaxRowBytes>>20)
		size.ContainerMiB = max(leastMiB, baseMiB+size.SlotsPerContainer*slot)
	}
	if size.MasterMiB == 0 {
		size.MasterMiB = leastMiB
	}
	return size
}

// GuaranteeOf says which level a writer reaches, and why: what it says itself,
// or else by its commit. A writer with a run-level commit shows nothing before
// it, and then everything once.
func GuaranteeOf(w plugins.Writer) (plugins.Guarantee, string) {
	if g, ok := w.(plugins.Guarantor); ok {
		return g.Guarantee()
	}
	if _, ok := w.(plugins.Committer); ok {
		return plugins.ExactlyOnce, "the output becomes visible in one commit of the units that were accepted"
	}
	return plugins.AtLeastOnce, "the target has no commit of its own"
}
