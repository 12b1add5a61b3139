package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"weft/am/plan"
	"weft/container"
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
	link := umbilical.NewClient(umbilical.ClientOptions{Name: p.id.String(), Key: key, Address: p.masterAddress})
	size := plan.SizeOf(p.spec.Setting, p.spec.Setting.Channel)
	err = container.Run(ctx, container.Options{ID: p.id.String(), Run: p.run, Slots: size.SlotsPerContainer, Link: link,
		Spec: p.spec, Registry: p.env.registry, Folder: p.folder, MemoryBytes: p.memoryMiB << 20, Log: p.env.log})
	return errors.Join(err, link.Close())
}

// masterAddress is where the living master says it listens.
func (p *process) masterAddress(ctx context.Context) (string, error) {
	master, err := p.folder.Master(ctx)
	if err != nil {
		return "", err
	}
	return master.Address, nil
}
