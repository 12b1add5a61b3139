package main

import (
	"context"
	"fmt"
	"time"

	"weft/am/tracker"
	"weft/internal/checkpoint"
	"weft/internal/umbilical"
)

// askDeadline bounds one question to an ApplicationMaster.
const askDeadline = 5 * time.Second

// asker asks the ApplicationMaster of a run how it goes. Whoever can read the
// run's key may; where the ApplicationMaster listens stands beside it. It
// belongs to one goroutine at a time.
type asker struct {
	folder checkpoint.Folder
	client *umbilical.Client // nil before the first question
}

// status fills s with what the ApplicationMaster says.
func (a *asker) status(ctx context.Context, s *tracker.Snapshot) error {
	ctx, cancel := context.WithTimeoutCause(ctx, askDeadline, fmt.Errorf("no answer within %s", askDeadline))
	defer cancel()
	if a.client == nil {
		key, err := a.folder.Key(ctx)
		if err != nil {
			return fmt.Errorf("ask the ApplicationMaster: %w", err)
		}
		a.client = umbilical.NewClient(umbilical.ClientOptions{Name: umbilical.ClientName,
			Key: umbilical.ClientKey(key), Address: a.address})
	}
	if err := a.client.Status(ctx, s); err != nil {
		return fmt.Errorf("ask the ApplicationMaster: %w", err)
	}
	return nil
}

func (a *asker) address(ctx context.Context) (string, error) {
	master, err := a.folder.Master(ctx)
	if err != nil {
		return "", err
	}
	return master.Address, nil
}

// close ends the connection.
func (a *asker) close() error {
	if a.client == nil {
		return nil
	}
	return a.client.Close()
}
