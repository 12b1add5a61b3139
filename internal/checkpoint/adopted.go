package checkpoint

import "weft/internal/job"

// Adopted says which attempts of earlier generations a generation let go on.
// It is journalled before that generation fences the targets, so that a
// successor never takes over an attempt that the targets refuse: of those given
// out before Generation only the ones listed may still go on.
type Adopted struct {
	Generation int64           `json:"generation"`
	Attempts   []job.AttemptID `json:"attempts,omitempty"`
}

// adopt takes the record in: the newest one counts.
func (s *State) adopt(a Adopted) {
	if a.Generation < s.Adopted.Generation {
		return
	}
	s.Adopted = a
	for _, id := range a.Attempts {
		split := s.split(id.Split)
		split.Attempts = max(split.Attempts, id.Number)
	}
}
