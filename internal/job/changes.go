package job

// Changes are settings of a run that somebody gave anew when resuming it. The
// spec of a run is never changed; Changes are laid over it by every process of
// the run. Zero fields change nothing.
type Changes struct {
	// Record and Percentage replace those of ErrorLimit; -1 is no limit. Only
	// one of them is set: the other limit is lifted then, as a user means who
	// gives one number.
	Record     *int64   `json:"record,omitempty"`
	Percentage *float64 `json:"percentage,omitempty"`
	// ContainerMemoryMiB replaces that of YARN.
	ContainerMemoryMiB int `json:"containerMemoryMiB,omitempty"`
}

// IsZero says that nothing is changed.
func (c Changes) IsZero() bool { return c == Changes{} }

// Then returns c with younger changes laid over it.
func (c Changes) Then(younger Changes) Changes {
	if younger.Record != nil || younger.Percentage != nil {
		c.Record, c.Percentage = younger.Record, younger.Percentage
	}
	if younger.ContainerMemoryMiB > 0 {
		c.ContainerMemoryMiB = younger.ContainerMemoryMiB
	}
	return c
}

// Over returns a copy of s with the changes made.
func (c Changes) Over(s *Spec) *Spec {
	changed := *s
	limit := &changed.Setting.ErrorLimit
	if c.Record != nil || c.Percentage != nil {
		limit.Record, limit.Percentage = -1, -1
	}
	if c.Record != nil {
		limit.Record = *c.Record
	}
	if c.Percentage != nil {
		limit.Percentage = *c.Percentage
	}
	if c.ContainerMemoryMiB > 0 {
		changed.Setting.YARN.ContainerMemoryMiB = c.ContainerMemoryMiB
	}
	return &changed
}
