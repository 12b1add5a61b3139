package compare

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"strings"
)

// fileSet reads the rows of all files.
type fileSet struct {
	opts    Options
	names   []string
	columns int
}

func (s *fileSet) each(ctx context.Context, f func(row []field) error) error {
	for _, name := range s.names {
		if err := s.eachIn(ctx, name, f); err != nil {
			return fmt.Errorf("read file %s: %w", name, err)
		}
	}
	return nil
}

func (s *fileSet) eachIn(ctx context.Context, name string, f func(row []field) error) error {
	body, err := s.opts.Folder.Open(ctx, name)
	if err != nil {
		return err
	}
	defer body.Close()
	var in io.Reader = body
	if strings.HasSuffix(name, ".gz") {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		defer unzipped.Close()
		in = unzipped
	}
	rows := newRowReader(in, s.opts, s.columns)
	for {
		row, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
}
