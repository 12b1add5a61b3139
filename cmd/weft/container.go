package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"weft/am/plan"
	"weft/container"
	"weft/internal/checkpoint"
	"weft/internal/hadoop"
	"weft/internal/umbilical"
)

// newContainerCommand is the hidden verb of the processes that move rows.
func newContainerCommand(e *env) *cobra.Command {
	return newProcessCommand(e, hadoop.RoleContainer, "Move rows, as the ApplicationMaster says", func(ctx context.Context, p *process) error {
		return errors.Join(p.moveRows(ctx), p.close())
	})
}

func (p *process) moveRows(ctx context.Context) error {
	key, err := p.secret(hadoop.SecretContainer)
	if err != nil {
		return err
	}
	link := umbilical.NewClient(umbilical.ClientOptions{Name: p.id.String(), Key: key, Address: (&lookout{folder: p.folder}).address})
	size := plan.SizeOf(p.spec.Setting, p.spec.Setting.Channel)
	err = container.Run(ctx, container.Options{ID: p.id.String(), Run: p.run, Slots: size.SlotsPerContainer, Link: link,
		Spec: p.spec, Registry: p.env.registry, Folder: p.folder, MemoryBytes: p.memoryMiB << 20, Log: p.env.log})
	return errors.Join(err, link.Close())
}

// lookout finds the run's living master. One that was replaced may have written
// its address after its successor's: nobody goes back to it.
type lookout struct {
	folder checkpoint.Folder

	mu     sync.Mutex
	newest int64 // generation seen
}

// address is where the newest master known says that it listens.
func (l *lookout) address(ctx context.Context) (string, error) {
	master, err := l.folder.Master(ctx)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if master.Generation < l.newest {
		return "", fmt.Errorf("master of generation %d: it was replaced by generation %d", master.Generation, l.newest)
	}
	l.newest = master.Generation
	return master.Address, nil
}
