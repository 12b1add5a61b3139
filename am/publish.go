package am

import (
	"context"
	"time"

	"weft/internal/checkpoint"
)

// publishEvery is the pause between two looks at what am.json says.
const publishEvery = 10 * time.Second

// announced keeps am.json naming this master: a predecessor that was frozen
// while it wrote its own address may put that in place afterwards, and containers
// would look for it there in vain.
func (m *Master) announced(ctx context.Context, here checkpoint.Master) {
	ticker := time.NewTicker(publishEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		found, err := m.folder.Master(ctx)
		if err == nil && found.Generation < here.Generation {
			m.o.Log.Warn("am.json named an earlier master", "generation", found.Generation)
			err = m.folder.PutMaster(ctx, here)
		}
		if err != nil && ctx.Err() == nil {
			m.o.Log.Warn("look at am.json", "err", err)
		}
	}
}
