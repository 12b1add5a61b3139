package checkpoint

import (
	"context"
	"fmt"
	"path"
	"slices"

	"weft/internal/fsys"
)

// load reads the journals in folders with one of the prefixes. An image holds
// everything up to its number, earlier generations included, so reading begins
// at the newest one; what is left of the generations before it may be
// incomplete.
func load(ctx context.Context, f Folder, prefixes ...string) (*State, error) {
	found, err := journals(ctx, f, prefixes...)
	if err != nil {
		return nil, err
	}
	for i, j := range slices.Backward(found) {
		if len(j.images) > 0 {
			found = found[i:]
			break
		}
	}
	state := &State{Splits: map[int]*SplitState{}}
	for _, j := range found {
		if err := j.loadImage(ctx, state); err != nil {
			return nil, err
		}
		if err := j.replay(ctx, state); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// journal is one generation's folder being read.
type journal struct {
	folder     Folder
	dir        string
	generation int64

	files  []int64 // numbers of the journal files, ascending
	images []int64 // numbers of the images, ascending
	after  int64   // files up to this number are in the image
	first  int64   // number of the first record after the image
}

func (j *journal) sort(files []fsys.Info) {
	for _, file := range files {
		if n, ok := number(file.Name, "image-"); ok {
			j.images = append(j.images, n)
		} else if n, ok := fileNumber(file.Name); ok {
			j.files = append(j.files, n)
		}
	}
	slices.Sort(j.files)
	slices.Sort(j.images)
}

func fileName(n int64) string { return fmt.Sprintf("%06d.j", n) }

func fileNumber(name string) (int64, bool) {
	if path.Ext(name) != ".j" {
		return 0, false
	}
	return number(name[:len(name)-len(".j")], "")
}

// loadImage applies the newest image, if there is one. Images are put in place
// whole: a broken one is corruption, not a torn tail.
func (j *journal) loadImage(ctx context.Context, state *State) error {
	if len(j.images) == 0 {
		return nil
	}
	newest := j.images[len(j.images)-1]
	name := path.Join(j.dir, numbered("image-", newest))
	h, records, whole, err := j.parse(ctx, name)
	if err == nil && !whole {
		err = ErrCorrupt
	}
	if err != nil {
		return fmt.Errorf("load image %s: %w", name, err)
	}
	for i, r := range records {
		if err := state.apply(r); err != nil {
			return fmt.Errorf("load image %s: record %d: %w: %w", name, i, ErrCorrupt, err)
		}
	}
	j.after, j.first = newest, h.first
	return nil
}

func (j *journal) parse(ctx context.Context, name string) (header, []Record, bool, error) {
	data, err := fsys.ReadFile(ctx, j.folder.FS, name, maxFileBytes)
	if err != nil {
		return header{}, nil, false, err
	}
	h, records, whole, err := parseFile(data)
	if err == nil && len(data) >= headerBytes && h.generation != j.generation {
		err = fmt.Errorf("%w: a journal of generation %d", ErrCorrupt, h.generation)
	}
	return h, records, whole, err
}

// replay applies the records after the image. Records that a torn file has in
// common with the one that was written in its place are taken once.
func (j *journal) replay(ctx context.Context, state *State) error {
	var records []Record // those after the image; record i has number j.first+i
	for _, n := range j.files {
		if n <= j.after {
			continue
		}
		name := path.Join(j.dir, fileName(n))
		h, more, _, err := j.parse(ctx, name) // a torn tail is cut; a gap behind it shows in the next header
		switch {
		case err != nil:
			return fmt.Errorf("load journal %s: %w", name, err)
		case h == header{}:
			continue // not even a header: its writer died or tried again
		case h.first < j.first || h.first > j.first+int64(len(records)):
			return fmt.Errorf("load journal %s: %w: begins with record %d, expected at most %d",
				name, ErrCorrupt, h.first, j.first+int64(len(records)))
		}
		records = append(records[:h.first-j.first], more...)
	}
	for i, r := range records {
		if err := state.apply(r); err != nil {
			return fmt.Errorf("load journal %s: record %d: %w: %w", j.dir, j.first+int64(i), ErrCorrupt, err)
		}
	}
	return nil
}
