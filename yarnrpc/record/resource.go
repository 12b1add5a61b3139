package record

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// Resource is an amount of memory, cores and, where a cluster has them, other countable things (Resource).
type Resource struct {
	// MemoryMB in MiB.
	MemoryMB int64
	// VCores are virtual cores.
	VCores int32
	// Others are further resource types by name, e.g. "yarn.io/gpu", in the unit the cluster defines for them.
	Others map[string]int64
}

// String shows the amounts as "1024 MiB, 2 vcores".
func (r Resource) String() string {
	s := fmt.Sprintf("%d MiB, %d vcores", r.MemoryMB, r.VCores)
	for _, name := range slices.Sorted(maps.Keys(r.Others)) {
		s += fmt.Sprintf(", %d %s", r.Others[name], name)
	}
	return s
}

// Fits tells whether r is at most max in memory and cores. Other types are left to the scheduler.
func (r Resource) Fits(max Resource) bool {
	return r.MemoryMB <= max.MemoryMB && r.VCores <= max.VCores
}

// FromResource converts from the wire; nil gives the zero value.
func FromResource(p *pb.ResourceProto) Resource {
	r := Resource{MemoryMB: p.GetMemory(), VCores: p.GetVirtualCores()}
	for _, info := range p.GetResourceValueMap() {
		if info.GetKey() == "memory-mb" || info.GetKey() == "vcores" {
			continue // repeated from the two fields above
		}
		if r.Others == nil {
			r.Others = map[string]int64{}
		}
		r.Others[info.GetKey()] = info.GetValue()
	}
	return r
}

// Proto converts to the wire. Memory and cores stand in the two fields of their own and nowhere else: servers ignore
// them in the map.
func (r Resource) Proto() *pb.ResourceProto {
	p := &pb.ResourceProto{Memory: &r.MemoryMB, VirtualCores: &r.VCores}
	for _, name := range slices.Sorted(maps.Keys(r.Others)) {
		p.ResourceValueMap = append(p.ResourceValueMap, &pb.ResourceInformationProto{
			Key: proto.String(name), Value: proto.Int64(r.Others[name]),
		})
	}
	return p
}
