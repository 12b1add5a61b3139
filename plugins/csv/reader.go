package csv

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

// reader reads the rows of a split's files.
//
//	file -> decompress -> rows of fields -> texts of the batch -> convert
type reader struct {
	config  *Config
	setup   plugins.Setup
	connect Connect
	opener  *fsys.Opener

	columns []plugins.Column
	typing  *textfile.Typing

	sources []source
	at      int   // index of the open file, or of the next
	file    *file // nil between files
	fields  []field
}

var (
	_ plugins.Reader    = (*reader)(nil)
	_ plugins.Describer = (*reader)(nil)
	_ plugins.Splitter  = (*reader)(nil)
	_ plugins.Checker   = (*reader)(nil)
)

func newReader(config *Config, setup plugins.Setup, connect Connect) *reader {
	return &reader{config: config, setup: setup, connect: connect}
}

// defaultMaxRowBytes is the largest row where the engine names none.
const defaultMaxRowBytes = 64 << 20

func (r *reader) maxRow() int {
	if r.setup.MaxRowBytes > 0 {
		return r.setup.MaxRowBytes
	}
	return defaultMaxRowBytes
}

// Describe implements plugins.Describer. Where the job lists no columns, the
// header or the first row of the first file that is not empty tells them.
func (r *reader) Describe(ctx context.Context) ([]plugins.Column, error) {
	if r.config.everything() {
		return r.discover(ctx)
	}
	var columns []plugins.Column
	for i, c := range r.config.Column {
		column, err := c.describe(i)
		if err != nil {
			return nil, fatal(plugins.ReasonConfig, "describe columns", err)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

func (r *reader) discover(ctx context.Context) ([]plugins.Column, error) {
	files, err := r.files(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range files {
		names, err := r.namesOf(ctx, s)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			continue
		}
		columns := make([]plugins.Column, len(names))
		for i, name := range names {
			columns[i] = plugins.Column{Name: name, Kind: plugins.KindString, Nullable: true, SourceType: "text"}
		}
		return columns, nil
	}
	return nil, fatal(plugins.ReasonSchema, "describe columns", errors.New("no file has a row, and the job lists no columns"))
}

// namesOf returns the names of a file's columns; none if it is empty.
func (r *reader) namesOf(ctx context.Context, s source) (names []string, err error) {
	f, err := r.openFile(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.closer.Close()) }()
	if f.header != nil {
		return f.header, nil
	}
	row, err := f.rows.Next()
	if err == io.EOF {
		return nil, nil
	}
	for i := range row.Fields {
		names = append(names, "c"+strconv.Itoa(i))
	}
	return names, fault("read "+s.Path, err)
}

// Open implements plugins.Reader.
func (r *reader) Open(ctx context.Context, split plugins.Split, from plugins.Position) error {
	op := "open " + split.String()
	if err := errors.Join(r.Close(), r.prepare(ctx)); err != nil {
		return err
	}
	if err := json.Unmarshal(split.Data, &r.sources); err != nil {
		return fatal(plugins.ReasonConfig, op, err)
	}
	if from == "" {
		return nil
	}
	first, second, _ := strings.Cut(string(from), ":")
	at, err := strconv.Atoi(first)
	offset, oerr := strconv.ParseInt(second, 10, 64)
	if err != nil || oerr != nil || at < 0 || at > len(r.sources) || offset < 0 {
		return fatal(plugins.ReasonConfig, op, fmt.Errorf("position %q is none of this split", from))
	}
	if r.at = at; offset == 0 {
		return nil
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	return fault(op, r.file.seek(ctx, offset))
}

// prepare makes the converter of the plan's columns.
func (r *reader) prepare(ctx context.Context) error {
	if r.typing != nil {
		return nil
	}
	columns := r.setup.Columns
	if columns == nil {
		var err error
		if columns, err = r.Describe(ctx); err != nil {
			return err
		}
	}
	texts := make([]plugins.Column, len(columns))
	for i, c := range columns {
		texts[i] = plugins.Column{Name: c.Name, Kind: plugins.KindString, Nullable: true}
	}
	typing, err := textfile.NewTyping(texts, columns, r.setup.Zone)
	r.columns, r.typing = columns, typing
	return err
}

// begin opens the file at r.at and finds the columns in it.
func (r *reader) begin(ctx context.Context) error {
	f, err := r.openFile(ctx, r.sources[r.at])
	if err != nil {
		return err
	}
	r.file = f
	if r.config.Header && f.header == nil {
		return nil // empty: there is no row to look for
	}
	r.fields, err = r.config.bind(r.columns, f.header)
	if err != nil {
		return fatal(plugins.ReasonSchema, "open "+f.Path, err)
	}
	return nil
}

// Read implements plugins.Reader.
func (r *reader) Read(ctx context.Context, b *plugins.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.typing.Begin()
	for i := range b.Columns {
		b.Columns[i].Reset(plugins.KindString)
	}
	for !b.Full() && r.at < len(r.sources) {
		if err := r.row(ctx, b); err != nil {
			return err
		}
	}
	if b.RowsRead() == 0 {
		for i := range r.columns {
			b.Columns[i].Reset(r.columns[i].Kind)
		}
		return io.EOF
	}
	b.Position = r.position()
	r.typing.Finish(b)
	return nil
}

func (r *reader) position() plugins.Position {
	offset := int64(0)
	if r.file != nil {
		offset = r.file.rows.Offset()
	}
	return plugins.Position(strconv.Itoa(r.at) + ":" + strconv.FormatInt(offset, 10))
}

// row reads the next row into b, or goes on to the next file.
func (r *reader) row(ctx context.Context, b *plugins.Batch) error {
	if r.file == nil {
		return r.begin(ctx)
	}
	f := r.file
	start := f.rows.Offset()
	row, err := f.rows.Next()
	size := int(f.rows.Offset() - start)
	var broken *textfile.LineError
	switch {
	case err == io.EOF:
		r.at++
		return r.closeFile()
	case errors.As(err, &broken):
		r.refuse(b, plugins.RowError{Code: broken.Code, Cause: broken.Cause}, broken.Raw, size)
		return nil
	case err != nil:
		return fault("read "+f.Path, err)
	case len(row.Raw) == 0 && (len(r.fields) > 1 || f.width > 1):
		return nil // an empty line
	}
	if f.width > 0 && len(row.Fields) != f.width {
		cause := fmt.Sprintf("the row has %d fields, the header %d", len(row.Fields), f.width)
		r.refuse(b, plugins.RowError{Code: plugins.RowFormat, Cause: cause}, row.Raw, size)
		return nil
	}
	for i := range r.fields {
		if e := r.fields[i].append(&b.Columns[i], row.Fields); e != nil {
			r.refuse(b, *e, row.Raw, size)
			return nil
		}
	}
	r.typing.EndRow(b, row.Raw, size)
	return nil
}

// refuse refuses a row that ends where the file is read now.
func (r *reader) refuse(b *plugins.Batch, e plugins.RowError, raw []byte, size int) {
	e.Cause = fmt.Sprintf("%s at byte %d: %s", r.file.Path, r.file.rows.Offset()-int64(size), e.Cause)
	b.Refuse(plugins.Refusal{RowError: e, Raw: string(raw)}, size)
}

func (r *reader) closeFile() error {
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return fault("close "+f.Path, f.closer.Close())
}

// Close implements plugins.Reader.
func (r *reader) Close() error {
	err := r.closeFile()
	r.sources, r.at = nil, 0
	return err
}
