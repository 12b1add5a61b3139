package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"weft/am/plan"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// submission is one `weft submit` on its way.
type submission struct {
	*session
	flags  *submitFlags
	spec   *job.Spec // as the file has it, with references
	open   *job.Spec // with secrets in clear
	run    string
	uri    string // of the staging folder
	folder checkpoint.Folder
	// folderURI is where the processes of the run find that folder.
	folderURI string
	size      plan.Size
}

// submit brings a run onto the cluster, or finds it there, and follows it.
func (e *env) submit(ctx context.Context, spec *job.Spec, f *submitFlags) error {
	return e.withCluster(ctx, func(ctx context.Context, s *session) error {
		sub := &submission{session: s, flags: f, spec: spec, run: job.ID(f.runID)}
		if f.runID == "" {
			sub.run = job.NewRunID(spec.Name, time.Now())
		}
		var err error
		if sub.open, err = e.resolve(spec); err != nil {
			return err
		}
		return sub.perform(ctx)
	})
}

func (s *submission) perform(ctx context.Context) error {
	uri, root, err := staged(ctx, s.cluster, s.cluster.User, s.spec.Setting.YARN.Staging)
	if err != nil {
		return err
	}
	s.uri, s.folder = uri, root.Run(s.run)
	s.folderURI = uri + strings.TrimPrefix(s.folder.Dir, root.Dir)
	if s.flags.runID != "" {
		told, err := s.existing(ctx)
		if told || err != nil {
			return err
		}
	}
	reserved, err := s.yarn.NewApplication(ctx)
	if err != nil {
		return fmt.Errorf("ask for an application id: %w", err)
	}
	if err := s.check(ctx, reserved.Max); err != nil {
		return err
	}
	if err := s.furnish(ctx); err != nil {
		return err
	}
	report, err := s.announce(ctx, reserved.ID)
	if report != nil || err != nil {
		return s.attach(ctx, report, err)
	}
	if report, err = s.send(ctx, reserved); err != nil {
		return err
	}
	return s.follow(ctx, report)
}

// attach follows an application that another client submitted, once it is clear
// that both mean the same job.
func (s *submission) attach(ctx context.Context, report *rm.Report, err error) error {
	if err != nil {
		return err
	}
	if told, err := s.existing(ctx); told || err != nil {
		return err
	}
	return s.follow(ctx, report)
}

// existing deals with a run id that means something already. told says that
// nothing is left to do.
func (s *submission) existing(ctx context.Context) (told bool, err error) {
	stored, err := s.folder.Spec(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key, err := s.folder.Key(ctx)
	if err != nil {
		return false, err
	}
	clear, secrets, err := job.Unseal(stored, key)
	if err != nil {
		return false, fault.New(job.CodeSealed, "run "+s.run, err)
	}
	s.env.scrub.Add(secrets...)
	if !sameSides(clear, s.open) {
		return false, fault.New(fault.CodeRunning, "run "+s.run, errors.New("the run id belongs to another job, or the job has changed"))
	}
	if s.flags.noAttach {
		return false, fault.New(fault.CodeRunning, "run "+s.run, errors.New("it exists already, and --no-attach was given"))
	}
	live, err := s.applicationOf(ctx, s.run, rm.LiveStates())
	if err != nil {
		return false, err
	}
	if live != nil {
		s.env.log.Info("attached to the living application of the run", "run", s.run, "application", live.ID.String())
		return true, s.follow(ctx, live)
	}
	result, err := s.folder.Result(ctx)
	if err == nil && result.State == job.StateSucceeded {
		return true, s.env.conclude(ctx, result, s.flags.failOnEmpty)
	}
	return false, ignoreMissing(err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// check finds what would go wrong before anything is written.
func (s *submission) check(ctx context.Context, largest record.Resource) error {
	s.size = plan.SizeOf(s.spec.Setting, s.spec.Setting.Channel)
	c := &checking{env: s.env, path: s.spec.Name, spec: s.spec}
	if err := c.preflight(ctx, s.yarn, s.spec.Setting.YARN, s.size, largest); err != nil {
		return err
	}
	if !s.flags.noCheck {
		if err := c.ends(ctx, s.open); err != nil {
			return err
		}
	}
	return c.refuse()
}

// send uploads what the run's processes need and hands the application to YARN.
func (s *submission) send(ctx context.Context, reserved rm.NewApplication) (*rm.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	binary, err := submit.Binary(ctx, s.cluster.Files, s.uri, self, strconv.Itoa(os.Getpid())+"-"+s.run)
	if err != nil {
		return nil, err
	}
	if err := s.folder.PutBinary(ctx, checkpoint.Binary{URI: binary.String()}); err != nil {
		return nil, err
	}
	if err := s.cluster.UploadConf(ctx, s.folderURI); err != nil {
		return nil, err
	}
	files, err := s.cluster.LocalResources(ctx, binary.String(), s.folderURI)
	if err != nil {
		return nil, err
	}
	spec := *s.spec
	spec.Setting.YARN.MasterMemoryMiB = s.size.MasterMiB
	report, err := submit.Submit(ctx, s.yarn, submit.Application{ID: reserved.ID, Run: s.run, Folder: s.folderURI,
		Binary: binary.String(), Spec: &spec, Secret: job.NewKey(), Files: files, User: s.cluster.User})
	if errors.Is(err, submit.ErrRejected) {
		return nil, fault.New(fault.CodeBadRequest, "run "+s.run, err)
	}
	return report, err
}

// furnish makes the run folder: the key, and the spec with its secrets sealed
// by it. Of a run that exists already it changes nothing.
func (s *submission) furnish(ctx context.Context) error {
	if err := s.folder.Create(ctx); err != nil {
		return err
	}
	key := job.NewKey()
	err := s.folder.PutKey(ctx, key)
	if errors.Is(err, fs.ErrExist) {
		if key, err = s.folder.Key(ctx); err == nil && len(bytes.TrimSpace(key)) == 0 {
			err = fault.New(job.CodeSealed, "run "+s.run, errors.New("the key of the run folder is empty"))
		}
	}
	if err != nil {
		return err
	}
	sealed, err := job.Seal(s.open, key)
	if err != nil {
		return err
	}
	if err := s.folder.PutSpec(ctx, sealed); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
