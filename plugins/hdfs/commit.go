package hdfs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"weft/internal/fsys"
	"weft/plugins"
)

// The operations of a commit plan, in the order in which they stand there:
//
//	mkdir     a folder of the run: out, replaced
//	move      a sealed file to its final name
//	publish   the folder out to the target that did not exist
//	replace   a listed old file into replaced (overwrite)
//	success   the file _SUCCESS, if the job asks for it
//	clean     the folder of the run away, but for replaced
//
// No operation touches a path that this run did not make and Plan did not list.
const (
	doMkdir   = "mkdir"
	doMove    = "move"
	doPublish = "publish"
	doReplace = "replace"
	doSuccess = "success"
	doClean   = "clean"
)

// step is the Data of an Op. All names are of the target's file system.
type step struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Final is where a moved file is after a later publish.
	Final string `json:"final,omitempty"`
	// Bytes is the size of the file moved.
	Bytes int64 `json:"bytes"`
	// Unless names what makes mkdir needless: the published folder.
	Unless string `json:"unless,omitempty"`
	// Text is what _SUCCESS says.
	Text string `json:"text,omitempty"`
}

// Prepare implements plugins.Committer: it looks whether the target may be
// written and makes the folder of the run. Once that folder is there, it
// changes nothing.
func (w *writer) Prepare(ctx context.Context) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	switch _, err := w.staging(ctx); {
	case err == nil:
		return nil
	case !errors.Is(err, errNotExist):
		return classed(w.target.String(), err)
	}
	info, err := w.fs.Stat(ctx, w.target.Name)
	switch {
	case errors.Is(err, errNotExist):
		return w.prepareBeside(ctx)
	case err != nil:
		return classed(w.target.String(), err)
	case !info.Dir:
		return fatal(plugins.ReasonConfig, "", "name a folder", fmt.Errorf("%s is a file", w.target))
	}
	if _, err := w.replaced(ctx); err != nil {
		return err
	}
	return classed(w.target.String(), mkdir(ctx, w.fs, w.inside()))
}

func (w *writer) prepareBeside(ctx context.Context) error {
	if err := fsys.MkdirAll(ctx, w.fs, path.Dir(w.target.Name), dirPerm); err != nil {
		return classed(w.target.String(), err)
	}
	return classed(w.target.String(), mkdir(ctx, w.fs, w.beside()))
}

// mkdir makes a folder of the run; one that is there is fine.
func mkdir(ctx context.Context, f fsys.Creator, name string) error {
	if err := f.Mkdir(ctx, name, hiddenPerm); err != nil && !errors.Is(err, errExist) {
		return err
	}
	return nil
}

// replaced lists the old files that the mode is to move away, and refuses what
// the mode does not allow.
func (w *writer) replaced(ctx context.Context) ([]fsys.Info, error) {
	if w.config.mode == Append {
		return nil, nil
	}
	files, folders, err := w.content(ctx)
	if err != nil {
		return nil, err
	}
	op := w.target.String()
	if w.config.mode == NonConflict && len(files)+len(folders) > 0 {
		first := append(files, folders...)[0].Name
		return nil, fatal(plugins.ReasonExists, op, `set writeMode to "append" or "overwrite", or choose another path`,
			fmt.Errorf("it holds %d files and %d folders (%s ...), and writeMode is nonConflict", len(files), len(folders), first))
	}
	if w.config.mode == Overwrite && len(folders) > 0 {
		return nil, fatal(plugins.ReasonExists, op, "name the folder of one partition",
			fmt.Errorf("it holds the folder %s: only the files of one folder are overwritten", folders[0].Name))
	}
	return files, nil
}

// Plan implements plugins.Committer.
func (w *writer) Plan(ctx context.Context, units []plugins.Manifest) ([]plugins.Op, error) {
	if err := w.reach(ctx); err != nil {
		return nil, err
	}
	staging, err := w.staging(ctx)
	if err != nil {
		return nil, classed(w.target.String(), err)
	}
	p := &planner{layout: w.layout, staging: staging}
	units = slices.Clone(units)
	slices.SortFunc(units, func(a, b plugins.Manifest) int {
		return cmp.Or(cmp.Compare(a.Split, b.Split), cmp.Compare(a.Sequence, b.Sequence))
	})
	info, err := w.fs.Stat(ctx, w.target.Name)
	switch {
	case errors.Is(err, errNotExist):
		err = p.newFolder(units)
	case err != nil:
	case !info.Dir:
		err = fmt.Errorf("%s has become a file", w.target)
	default:
		var old []fsys.Info
		if old, err = w.replaced(ctx); err == nil {
			err = p.oldFolder(units, old)
		}
	}
	if err != nil {
		return nil, classed(w.target.String(), err)
	}
	if w.config.WriteSuccessFile {
		p.success(units)
	}
	p.add(doClean, "remove the folder of the run", step{From: w.inside(), To: w.beside()})
	return p.ops, p.err
}

// planner collects the operations.
type planner struct {
	*layout
	staging string
	ops     []plugins.Op
	err     error
}

func (p *planner) add(do, label string, s step) {
	data, err := json.Marshal(s)
	p.err = errors.Join(p.err, err)
	op := plugins.Op{Do: do, Label: label, Data: data}
	if do == doMove || do == doPublish {
		op.Output = p.target.String()
	}
	p.ops = append(p.ops, op)
}

// newFolder fills out and makes it the target by one rename.
func (p *planner) newFolder(units []plugins.Manifest) error {
	out := path.Join(p.staging, outName)
	p.add(doMkdir, "make "+out, step{To: out, Unless: p.target.Name})
	if err := p.moves(units, out); err != nil {
		return err
	}
	p.add(doPublish, fmt.Sprintf("rename %s to %s", out, p.target.Name), step{From: out, To: p.target.Name})
	return nil
}

// oldFolder moves the new files in, and then the old ones away.
func (p *planner) oldFolder(units []plugins.Manifest, old []fsys.Info) error {
	if err := p.moves(units, p.target.Name); err != nil || len(old) == 0 {
		return err
	}
	away := path.Join(p.staging, replacedName)
	p.add(doMkdir, "make "+away, step{To: away})
	for _, f := range old {
		s := step{From: path.Join(p.target.Name, f.Name), To: path.Join(away, f.Name), Bytes: f.Size}
		p.add(doReplace, fmt.Sprintf("move away %s", s.From), s)
	}
	return nil
}

func (p *planner) moves(units []plugins.Manifest, folder string) error {
	for i, unit := range units {
		if i > 0 && unit.Split == units[i-1].Split && unit.Sequence == units[i-1].Sequence {
			return fmt.Errorf("unit %d of split %d is there twice", unit.Sequence, unit.Split)
		}
		for roll, f := range unit.Files {
			from, err := fsys.Parse(f.Path)
			if err != nil {
				return err
			}
			if !fsys.Within(from.Name, p.staging) {
				return fmt.Errorf("file %s is not below %s", f.Path, p.staging)
			}
			name := p.finalName(unit, roll)
			s := step{From: from.Name, To: path.Join(folder, name), Final: path.Join(p.target.Name, name), Bytes: f.Bytes}
			p.add(doMove, fmt.Sprintf("rename %s to %s", s.From, s.To), s)
		}
	}
	return nil
}

func (p *planner) success(units []plugins.Manifest) {
	var total plugins.Counters
	files := 0
	for _, unit := range units {
		total.Add(unit.Counters)
		files += len(unit.Files)
	}
	text := fmt.Sprintf("{\"run\":%q,\"rows\":%d,\"bytes\":%d,\"files\":%d}\n", p.run, total.RowsWritten, total.BytesWritten, files)
	to := path.Join(p.target.Name, "_SUCCESS")
	p.add(doSuccess, "write "+to, step{To: to, Text: text})
}
