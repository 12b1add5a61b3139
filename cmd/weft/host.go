package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"weft/am"
	"weft/container"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// hostOptions are what a container in this process is made of.
type hostOptions struct {
	run      string
	spec     *job.Spec
	registry *plugins.Registry
	folder   checkpoint.Folder
	desk     *umbilical.Desk
	log      *slog.Logger
}

// host is the cluster of `weft run`: it grants one container at a time, which
// is a goroutine of this process.
type host struct {
	o       hostOptions
	running sync.WaitGroup

	mu      sync.Mutex
	granted int                           // so far; numbers the containers
	stop    map[string]context.CancelFunc // of living containers
	news    am.News                       // not told yet
}

var (
	_ am.Resources = (*host)(nil)
	_ am.Launcher  = (*host)(nil)
)

func newHost(o hostOptions) *host { return &host{o: o, stop: map[string]context.CancelFunc{}} }

// wait returns when all containers have ended.
func (h *host) wait() { h.running.Wait() }

// Register implements am.Resources.
func (h *host) Register(context.Context, am.Registration) error { return nil }

// Heartbeat implements am.Resources.
func (h *host) Heartbeat(_ context.Context, w am.Wish) (am.News, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range w.Containers {
		h.granted++
		h.news.Granted = append(h.news.Granted, am.Grant{ID: containerName(h.granted), Node: "here"})
	}
	news := h.news
	h.news = am.News{}
	return news, nil
}

func containerName(n int) string { return fmt.Sprintf("local-%d", n) }

// Finish implements am.Resources.
func (h *host) Finish(context.Context, am.Final) error { return nil }

// Start implements am.Launcher.
func (h *host) Start(ctx context.Context, g am.Grant) error {
	ctx, cancel := context.WithCancel(ctx)
	h.mu.Lock()
	h.stop[g.ID] = cancel
	h.mu.Unlock()
	h.running.Go(func() {
		defer cancel()
		err := container.Run(ctx, container.Options{ID: g.ID, Run: h.o.run, Slots: slotsHere(h.o.spec),
			Link: h.o.desk, Spec: h.o.spec, Registry: h.o.registry, Folder: h.o.folder, Log: h.o.log})
		gone := am.Gone{ID: g.ID}
		if err != nil {
			gone.Exit, gone.Diagnostics = 1, err.Error()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.stop, g.ID)
		h.news.Gone = append(h.news.Gone, gone)
	})
	return nil
}

// maxSlotsHere is how many slots a container of this process has at most: more
// channels are more containers, and only as many as there are splits for.
const maxSlotsHere = 64

func slotsHere(spec *job.Spec) int { return min(max(spec.Setting.Channel, 1), maxSlotsHere) }

// Stop implements am.Launcher.
func (h *host) Stop(_ context.Context, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cancel := h.stop[id]; cancel != nil {
		cancel()
	}
	return nil
}
