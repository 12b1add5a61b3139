package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"

	"weft/internal/fsys"
)

// compactAfter is the number of journal files after which Append compacts.
const compactAfter = 64

// maxWriteTries is how often Append writes a file again that could not be
// finished, each time under the next number.
const maxWriteTries = 3

// Store is the journal of the living generation. Append and Compact may be
// called by many goroutines; they take turns.
type Store struct {
	folder     Folder
	generation int64
	dir        string
	lock       io.Closer // of the run folder; nil where there are leases

	mu      sync.Mutex
	number  int64    // of the newest file
	first   int64    // number of the next record
	since   int      // files since the newest image
	image   int64    // number of the newest image; 0 without
	records []Record // all that is known, predecessors' included, for the image
}

// Generation is the one this store writes for; from 1.
func (s *Store) Generation() int64 { return s.generation }

// Append makes records durable, all in one file: who has many gives them in one
// call. ErrFenced when another generation has taken over. After any error
// nothing is known of these records, and the caller must give up the run's
// living generation.
func (s *Store) Append(ctx context.Context, records ...Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := appendHeader(nil, header{generation: s.generation, first: s.first})
	for _, r := range records {
		var err error
		if data, err = appendRecord(data, r); err != nil {
			return err
		}
	}
	if err := s.write(ctx, data); err != nil {
		return err
	}
	s.first += int64(len(records))
	s.records = append(s.records, records...)
	if s.since++; s.since >= compactAfter {
		return s.compact(ctx)
	}
	return nil
}

// write puts data into the next file. A file that could not be finished stays,
// torn, and the same records are written again under the next number.
func (s *Store) write(ctx context.Context, data []byte) error {
	var last error
	for range maxWriteTries {
		s.number++
		name := path.Join(s.dir, fileName(s.number))
		file, err := s.folder.FS.CreateExclusive(ctx, name, filePerm)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("append to journal: %w", ErrFenced)
		}
		if err == nil {
			_, err = file.Write(data)
			err = errors.Join(err, file.Close())
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("append to journal: %w", context.Cause(ctx))
		}
		last = err
	}
	// The folder may have been renamed while the file was open.
	if _, err := s.folder.FS.Stat(ctx, s.dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("append to journal: %w", ErrFenced)
	}
	return fmt.Errorf("append to journal (tried %d times): %w", maxWriteTries, last)
}

// Compact writes an image of all that is known and removes what it covers. It
// must be called once after Open, with the State that Open returned, before the
// first Append: then the journals of the predecessors are covered.
func (s *Store) Compact(ctx context.Context, state *State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(state.records(), s.records...)
	if len(s.records) == 0 {
		return nil
	}
	if err := s.compact(ctx); err != nil {
		return err
	}
	return eachFenced(ctx, s.folder, func(_ int64, dir string, _ []fsys.Info) error {
		return s.folder.FS.RemoveAll(ctx, dir)
	})
}

func (s *Store) compact(ctx context.Context) error {
	data := appendHeader(nil, header{generation: s.generation, first: s.first})
	for _, r := range s.records {
		var err error
		if data, err = appendRecord(data, r); err != nil {
			return err
		}
	}
	// An image takes a number of its own, so that files after it have higher
	// ones. A torn file below it is covered like any other.
	s.number++
	name := numbered("image-", s.number)
	err := s.putImage(ctx, name, data)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("compact journal: %w", ErrFenced)
	}
	if err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	old := s.image
	s.image, s.since = s.number, 0
	return s.removeCovered(ctx, old)
}

func (s *Store) putImage(ctx context.Context, name string, data []byte) error {
	temporary := path.Join(s.dir, "."+name)
	file, err := s.folder.FS.CreateExclusive(ctx, temporary, filePerm)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return s.folder.FS.RenameNoReplace(ctx, temporary, path.Join(s.dir, name))
}

// removeCovered removes the files and the image that the newest image covers.
// What it cannot remove does no harm.
func (s *Store) removeCovered(ctx context.Context, oldImage int64) error {
	for n := oldImage + 1; n < s.image; n++ {
		if err := ignoreAbsent(s.folder.FS.Remove(ctx, path.Join(s.dir, fileName(n)))); err != nil {
			return fmt.Errorf("compact journal: %w", err)
		}
	}
	if oldImage == 0 {
		return nil
	}
	err := ignoreAbsent(s.folder.FS.Remove(ctx, path.Join(s.dir, numbered("image-", oldImage))))
	if err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	return nil
}

// Close gives the lock of the run folder back. What Append confirmed needs no
// Close. It may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.lock.Close()
	s.lock = nil
	return err
}
