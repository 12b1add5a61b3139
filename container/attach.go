package container

import (
	"context"
	"time"

	"weft/internal/umbilical"
	"weft/plugins"
)

// attachDeadline is how long a slot may take to join a snapshot. The source may
// be locked for as long.
const attachDeadline = 5 * time.Second

// attach joins the snapshot that the master holds. A refusal is told with the
// next call for work.
func (s *slot) attach(ctx context.Context, snapshot *plugins.Snapshot) error {
	if s.ends == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, attachDeadline)
	defer cancel()
	s.refused = ""
	if err := s.ends.Attach(ctx, *snapshot); err != nil {
		s.refused = err.Error()
		s.o.Log.Warn("snapshot not joined", "container", s.o.ID, "slot", s.number, "err", err)
	}
	return nil
}

// want is what the slot asks for.
func (s *slot) want() umbilical.Want {
	w := umbilical.Want{Run: s.o.Run, Container: s.o.ID, Slot: s.number, Refused: s.refused}
	if s.ends != nil {
		w.Snapshot = s.ends.Attached()
	}
	return w
}
