package hdfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"weft/internal/fsys"
	"weft/internal/textfile"
	"weft/plugins"
)

// reader reads the lines of one split's pieces.
//
//	file -> decompress -> lines and fields -> texts of the batch -> convert
//
// A position is "<piece>:<offset>": the place in the split's list of pieces and
// the offset of the next line in the file, decompressed; -1 is a piece not yet
// begun. In a compressed file going on means reading up to the offset again.
type reader struct {
	config  *ReaderConfig
	setup   plugins.Setup
	connect Connect
	// minPiece is minPieceBytes, except in tests.
	minPiece int64

	fs     *fsys.Opener
	fields []boundField
	typing *textfile.Typing

	pieces  []piece
	at      int // index of the open piece, or of the next
	file    fsys.File
	decoder *textfile.Decoder
}

// boundField is a field whose value is fixed for the file that is open, if it
// is not one of the line.
type boundField struct {
	field
	fixed bool
	value []byte // nil is NULL
}

var (
	_ plugins.Reader    = (*reader)(nil)
	_ plugins.Describer = (*reader)(nil)
	_ plugins.Splitter  = (*reader)(nil)
	_ plugins.Checker   = (*reader)(nil)
)

// defaultMaxRowBytes is the largest row where the engine names none.
const defaultMaxRowBytes = 64 << 20

func newReader(config *ReaderConfig, setup plugins.Setup, connect Connect) (*reader, error) {
	return &reader{config: config, setup: setup, connect: connect, minPiece: minPieceBytes}, nil
}

func (r *reader) maxRow() int {
	if r.setup.MaxRowBytes > 0 {
		return r.setup.MaxRowBytes
	}
	return defaultMaxRowBytes
}

func (r *reader) opener() (*fsys.Opener, error) {
	if r.fs != nil {
		return r.fs, nil
	}
	opener, err := r.connect(r.config.DefaultFS, r.config.hadoop())
	if err != nil {
		return nil, fatal(plugins.ReasonConfig, "open source", "", err)
	}
	r.fs = opener
	return opener, nil
}

// Open implements plugins.Reader.
func (r *reader) Open(ctx context.Context, split plugins.Split, from plugins.Position) error {
	if err := errors.Join(r.Close(), r.bind()); err != nil {
		return err
	}
	var data splitData
	if err := json.Unmarshal(split.Data, &data); err != nil {
		return fatal(plugins.ReasonConfig, "open "+split.String(), "", err)
	}
	r.pieces = data.Pieces
	if from == "" {
		return nil
	}
	at, offset, err := parsePosition(from, len(r.pieces))
	if err != nil {
		return fatal(plugins.ReasonConfig, "open "+split.String(), "", err)
	}
	if r.at = at; at == len(r.pieces) || offset < 0 {
		return nil
	}
	return r.openPiece(ctx, offset)
}

func parsePosition(p plugins.Position, pieces int) (at int, offset int64, err error) {
	first, second, _ := strings.Cut(string(p), ":")
	at, err = strconv.Atoi(first)
	if err == nil {
		offset, err = strconv.ParseInt(second, 10, 64)
	}
	if err != nil || at < 0 || at > pieces || offset < -1 {
		return 0, 0, fmt.Errorf("position %q is none of this split", p)
	}
	return at, offset, nil
}

// bind makes the fields and the typing of the plan's columns.
func (r *reader) bind() error {
	if r.typing != nil {
		return nil
	}
	fields, err := resolve(r.config.Column, len(r.setup.Columns))
	if err != nil {
		return fatal(plugins.ReasonConfig, "open source", "", err)
	}
	from := make([]plugins.Column, len(fields))
	to := make([]plugins.Column, len(fields))
	r.fields = make([]boundField, len(fields))
	for i, f := range fields {
		r.fields[i].field = f
		from[i] = plugins.Column{Name: f.Name, Kind: rawKind(f.Kind), Nullable: true}
		to[i] = f.Column
	}
	r.typing, err = textfile.NewTyping(from, to, r.setup.Zone)
	return err
}

// rawKind is the kind in which a field is read, before the conversion: text,
// except for bytes, which are undone from base64 at once.
func rawKind(kind plugins.Kind) plugins.Kind {
	if kind == plugins.KindBytes {
		return kind
	}
	return plugins.KindString
}

// openPiece opens the piece at r.at: at an offset that a position named, or,
// with -1, behind the first line end after its start.
func (r *reader) openPiece(ctx context.Context, offset int64) error {
	p := r.pieces[r.at]
	op := "open " + p.Path
	opener, err := r.opener()
	if err != nil {
		return err
	}
	f, name, err := opener.Open(ctx, p.Path)
	if err != nil {
		return classed(op, err)
	}
	info, err := f.Stat(ctx, name)
	if err != nil {
		return classed(op, err)
	}
	if info.Size != p.Size || info.ModTime.UnixMilli() != p.ModTime {
		return fatal(plugins.ReasonChanged, op, "", fmt.Errorf("the file has changed since the run began: %d bytes of %v, planned were %d of %d ms",
			info.Size, info.ModTime, p.Size, p.ModTime))
	}
	skip := offset < 0 && p.Start > 0
	start := max(offset, 0)
	if offset < 0 {
		start = p.Start
	}
	if p.Codec == textfile.Plain {
		r.file, err = fsys.OpenAt(ctx, f, name, start)
	} else {
		r.file, err = f.Open(ctx, name)
	}
	if err != nil {
		return classed(op, err)
	}
	r.bindPath(name)
	return classed(op, r.startDecoder(p, start, skip))
}

func (r *reader) startDecoder(p piece, start int64, skip bool) error {
	text, err := textfile.Decompress(r.file, p.Codec)
	if err != nil {
		return err
	}
	if p.Codec != textfile.Plain {
		if _, err := io.CopyN(io.Discard, text, start); err != nil {
			return err
		}
	}
	r.decoder = textfile.NewDecoder(text, r.config.format(), start, r.maxRow())
	if skip {
		if err := r.decoder.Skip(); err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}

// bindPath sets the values that the file's path decides.
func (r *reader) bindPath(name string) {
	for i := range r.fields {
		f := &r.fields[i]
		switch {
		case f.constant != nil:
			f.fixed, f.value = true, []byte(*f.constant)
		case f.part != "":
			value, null, ok := partition(name, f.part)
			f.fixed, f.value = true, []byte(value)
			if null || !ok {
				f.value = nil
			}
		}
	}
}

// Read implements plugins.Reader.
func (r *reader) Read(ctx context.Context, b *plugins.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.typing.Begin()
	for i := range r.fields {
		b.Columns[i].Reset(rawKind(r.fields[i].Kind))
	}
	for !b.Full() {
		more, err := r.line(ctx, b)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if r.at >= len(r.pieces) && b.RowsRead() == 0 {
		r.shape(b)
		return io.EOF
	}
	b.Position = r.position()
	r.typing.Finish(b)
	return nil
}

// shape gives the vectors of an empty batch the kinds of the columns.
func (r *reader) shape(b *plugins.Batch) {
	for i := range r.fields {
		b.Columns[i].Reset(r.fields[i].Kind)
	}
}

func (r *reader) position() plugins.Position {
	offset := int64(-1)
	if r.decoder != nil {
		offset = r.decoder.Offset()
	}
	return plugins.Position(fmt.Sprintf("%d:%d", r.at, offset))
}

// line reads one line of the split into b; more is false behind the last.
func (r *reader) line(ctx context.Context, b *plugins.Batch) (more bool, err error) {
	if r.decoder == nil {
		if r.at == len(r.pieces) {
			return false, nil
		}
		if err := r.openPiece(ctx, -1); err != nil {
			return false, err
		}
	}
	p := r.pieces[r.at]
	start := r.decoder.Offset()
	if p.Codec == textfile.Plain && start > p.End {
		return true, r.nextPiece()
	}
	row, err := r.decoder.Next()
	size := int(r.decoder.Offset() - start)
	if err != nil {
		return r.notARow(b, err, size)
	}
	if e := r.add(b, row); e != nil {
		e.Cause = r.where(start, e.Cause)
		b.Refuse(plugins.Refusal{RowError: *e, Raw: string(row.Raw)}, size)
		return true, nil
	}
	r.typing.EndRow(b, row.Raw, size)
	return true, nil
}

// notARow deals with what Decoder.Next returned instead of a row.
func (r *reader) notARow(b *plugins.Batch, err error, size int) (more bool, _ error) {
	var broken *textfile.LineError
	switch {
	case err == io.EOF:
		return true, r.nextPiece()
	case errors.As(err, &broken):
		b.Refuse(plugins.Refusal{RowError: plugins.RowError{Code: broken.Code, Cause: r.where(broken.Offset, broken.Cause)},
			Raw: string(broken.Raw)}, size)
		return true, nil
	}
	return false, classed("read "+r.pieces[r.at].Path, err)
}

// where says in words which line of which file a cause is about.
func (r *reader) where(offset int64, cause string) string {
	return fmt.Sprintf("%s at byte %d: %s", r.pieces[r.at].Path, offset, cause)
}

func (r *reader) nextPiece() error {
	err := r.closeFile()
	r.at++
	return err
}

func (r *reader) closeFile() error {
	r.decoder = nil
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// Close implements plugins.Reader.
func (r *reader) Close() error {
	err := r.closeFile()
	r.pieces, r.at = nil, 0
	return classed("close source", err)
}

// Check implements plugins.Checker.
func (r *reader) Check(ctx context.Context) []plugins.Finding {
	files, err := r.files(ctx)
	if err != nil {
		return []plugins.Finding{failed("path", err)}
	}
	var bytes int64
	for _, f := range files {
		bytes += f.info.Size
	}
	found := plugins.Finding{Severity: plugins.OK, Key: "path", Text: fmt.Sprintf("%d files of %d bytes", len(files), bytes)}
	if len(files) == 0 {
		found.Severity = plugins.Warn
	}
	return []plugins.Finding{found}
}
