package main

import (
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
	flags  *submittingFlags
	noted  runIDFlags
	spec   *job.Spec // as the file has it, with references, and the changes of resumes
	open   *job.Spec // with secrets in clear
	run    string
	uri    string // of the staging folder
	folder checkpoint.Folder
	// folderURI is where the processes of the run find that folder.
	folderURI string
	size      plan.Size
	changes   job.Changes // that this and earlier resumes made
}

// submit brings a run onto the cluster, or finds it there, and follows it.
func (e *env) submit(ctx context.Context, spec *job.Spec, f *submitFlags) error {
	return e.withCluster(ctx, func(ctx context.Context, s *session) error {
		sub := &submission{session: s, flags: &f.submittingFlags, noted: f.runIDFlags, spec: spec, run: job.ID(f.runID)}
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
	if err := s.locate(ctx, s.spec.Setting.YARN.Staging); err != nil {
		return err
	}
	if s.noted.runID != "" {
		told, err := s.existing(ctx)
		if told || err != nil {
			return err
		}
	}
	return s.bring(ctx)
}

// locate finds the run folder below the staging folder at location.
func (s *submission) locate(ctx context.Context, location string) error {
	uri, root, err := staged(ctx, s.cluster, s.cluster.User, location)
	if err != nil {
		return err
	}
	s.uri, s.folder = uri, root.Run(s.run)
	s.folderURI = uri + strings.TrimPrefix(s.folder.Dir, root.Dir)
	return nil
}

// bring makes an application of the run and follows it.
func (s *submission) bring(ctx context.Context) error {
	if err := s.change(ctx); err != nil {
		return err
	}
	reserved, err := s.yarn.NewApplication(ctx)
	if err != nil {
		return fmt.Errorf("ask for an application id: %w", err)
	}
	if err := s.check(ctx, reserved.Max); err != nil {
		return err
	}
	fresh, err := furnish(ctx, s.folder, s.run, s.open)
	if err != nil {
		return err
	}
	report, err := s.announce(ctx, reserved.ID)
	if report != nil || err != nil {
		return s.attach(ctx, report, err)
	}
	if err := s.env.tellBeginning(ctx, s.folder, s.run, fresh); err != nil {
		return err
	}
	if report, err = s.send(ctx, reserved); err != nil {
		return err
	}
	return s.follow(ctx, report)
}

// change lays what resumes have changed over the job's settings.
func (s *submission) change(ctx context.Context) error {
	earlier, err := s.folder.Changes(ctx)
	if err != nil {
		return err
	}
	s.changes = earlier.Then(s.changes)
	s.spec, s.open = s.changes.Over(s.spec), s.changes.Over(s.open)
	return nil
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
	stored, err := s.env.stored(ctx, s.folder, s.run)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !sameSides(stored, s.open) {
		return false, otherJob(s.run)
	}
	if s.noted.noAttach {
		return false, notAttaching(s.run, "it exists already")
	}
	return s.ended(ctx)
}

// ended follows the run's living application, or tells how the run succeeded:
// told says that it did one of both.
func (s *submission) ended(ctx context.Context) (told bool, err error) {
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
