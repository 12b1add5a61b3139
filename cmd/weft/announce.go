package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"weft/internal/checkpoint"
	"weft/yarnrpc"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// announceGrace is how long an announced application may be unknown to YARN
// before its client is taken for dead: it has only to be submitted.
const announceGrace = 30 * time.Second

// announce claims the right to submit an application of this run. If another
// client has it, the application that it submits is returned instead.
//
//	no announcement, or of an application that has ended -> announce the next
//	of a living application                              -> attach to it
//	of one unknown to YARN, younger than the grace       -> look again
//	of one unknown to YARN, older                        -> its client died: announce the next
func (s *submission) announce(ctx context.Context, reserved yarnid.Application) (other *rm.Report, err error) {
	ticker := time.NewTicker(reportPause)
	defer ticker.Stop()
	start := time.Now()
	for {
		n, last, err := s.folder.NewestSubmission(ctx)
		if err != nil {
			return nil, err
		}
		living, pending, err := s.announced(ctx, last)
		if living != nil || err != nil {
			return living, err
		}
		if !pending || time.Since(start) > announceGrace {
			err = s.folder.PutSubmission(ctx, n+1, checkpoint.Submission{Application: reserved.String(), Changes: s.changes})
			if !errors.Is(err, fs.ErrExist) {
				return nil, err
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the application that another client announced: %w", context.Cause(ctx))
		}
	}
}

// announced looks at an announced application: it lives, or its client may
// still be about to submit it, or neither.
func (s *submission) announced(ctx context.Context, a *checkpoint.Submission) (living *rm.Report, pending bool, err error) {
	if a == nil {
		return nil, false, nil
	}
	id, err := yarnid.ParseApplication(a.Application)
	if err != nil {
		return nil, false, fmt.Errorf("read announcement of run %s: %w", s.run, err)
	}
	report, err := s.yarn.Report(ctx, id)
	switch {
	case errors.Is(err, yarnrpc.ErrUnknownApplication):
		return nil, time.Since(a.Announced) < announceGrace, nil
	case err != nil:
		return nil, false, err
	case report.State.Ended():
		return nil, false, nil
	case s.noted.noAttach:
		return nil, false, notAttaching(s.run, "it is being submitted already")
	}
	return report, false, nil
}
