package hdfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

var _ plugins.Rereader = (*writer)(nil)

// Reread implements plugins.Rereader. A sealed file lies in the folder of its
// attempt until the commit, and under its final name from then on.
func (w *writer) Reread(ctx context.Context, unit plugins.Manifest, columns []plugins.Column) (plugins.Reader, plugins.Split, error) {
	if w.config.format().Null == "" {
		return nil, plugins.Split{}, fmt.Errorf("nullFormat is empty: %w", plugins.ErrNotReadable)
	}
	l, err := w.config.open(ctx, w.setup, w.connect) // one of its own: w may be in use
	if err != nil {
		return nil, plugins.Split{}, err
	}
	var data splitData
	for roll, f := range unit.Files {
		p, err := l.sealedPiece(ctx, unit, roll, f)
		if err != nil {
			return nil, plugins.Split{}, err
		}
		if p.Size > 0 {
			data.Pieces = append(data.Pieces, p)
		}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, plugins.Split{}, err
	}
	r, err := w.rereader(columns)
	return r, plugins.Split{ID: unit.Split, Label: fmt.Sprintf("unit %d of split %d, read back", unit.Sequence, unit.Split), Data: raw}, err
}

// sealedPiece finds a file of a unit where it lies now.
func (l *layout) sealedPiece(ctx context.Context, unit plugins.Manifest, roll int, f plugins.File) (piece, error) {
	sealed, err := fsys.Parse(f.Path)
	if err != nil {
		return piece{}, err
	}
	final := l.finalName(unit, roll)
	places := []string{sealed.Name, path.Join(l.inside(), outName, final), path.Join(l.beside(), outName, final), path.Join(l.target.Name, final)}
	for _, name := range places {
		info, err := l.fs.Stat(ctx, name)
		if errors.Is(err, errNotExist) || errors.Is(err, fsys.ErrNotDir) {
			continue
		}
		if err != nil {
			return piece{}, classed("read back "+name, err)
		}
		if info.Size != f.Bytes {
			return piece{}, fatal(plugins.ReasonMismatch, "read back "+l.location(name), "",
				fmt.Errorf("the file has %d bytes, %d were written", info.Size, f.Bytes))
		}
		return piece{Path: l.location(name), End: info.Size, Size: info.Size, ModTime: info.ModTime.UnixMilli(), Codec: l.codec}, nil
	}
	return piece{}, fatal(plugins.ReasonGone, "read back "+f.Path, "", errors.New("the file is gone"))
}

// rereader returns a reader of what w writes into columns.
func (w *writer) rereader(columns []plugins.Column) (*reader, error) {
	r, err := newReader(&ReaderConfig{Place: w.config.Place}, w.setup, w.connect)
	if err != nil {
		return nil, err
	}
	order, _ := w.order(columns)
	texts := make([]plugins.Column, len(columns))
	r.fields = make([]boundField, len(columns))
	for i, c := range columns {
		texts[i] = plugins.Column{Name: c.Name, Kind: rawKind(c.Kind), Nullable: true}
		r.fields[i].field = field{Column: c, index: i}
	}
	for at, i := range order {
		if i >= 0 {
			r.fields[i].index = at
		}
	}
	r.typing, err = textfile.NewTyping(texts, columns, w.setup.Zone)
	return r, err
}
