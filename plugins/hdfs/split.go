package hdfs

import (
	"context"
	"encoding/json"
	"fmt"

	"weft/internal/textfile"
	"weft/plugins"
)

// piece is a range of a file: what a split consists of. It owns the lines that
// begin after Start and not after End, and the line at 0 (org.apache.hadoop.
// mapred.LineRecordReader): every line has one owner, wherever files are cut.
//
//	        Start              End
//	..... line | rest of line a | line b ..|.. line c | line d
//	             not owned        owned      owned      not owned (if c begins at End, or before)
type piece struct {
	// Path is the full location of the file.
	Path string `json:"path"`
	// Start and End are offsets in bytes; of a compressed file the piece is
	// all, and End is 0.
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	// Size and ModTime (milliseconds since 1970) tell whether the file is
	// still the one that was planned.
	Size    int64 `json:"size"`
	ModTime int64 `json:"mtime"`
	// Codec of the file.
	Codec textfile.Codec `json:"codec,omitempty"`
}

// splitData is Split.Data.
type splitData struct {
	Pieces []piece `json:"pieces"`
}

// minPieceBytes is what a piece of a cut file has at least: below, opening a
// file costs more than reading it.
const minPieceBytes = 1 << 20

// Splits implements plugins.Splitter. Plain files are cut anywhere, small ones
// are put together; compressed files stay whole. Files of no bytes are left
// out.
func (r *reader) Splits(ctx context.Context, want int) ([]plugins.Split, error) {
	files, err := r.files(ctx)
	if err != nil {
		return nil, err
	}
	var total int64
	for _, f := range files {
		total += f.info.Size
	}
	target := max((total+int64(want)-1)/max(int64(want), 1), r.minPiece)
	s := splitter{target: target}
	for _, f := range files {
		if err := s.add(f); err != nil {
			return nil, err
		}
	}
	err = s.end()
	return s.splits, err
}

// splitter gathers pieces until they are a split.
type splitter struct {
	target int64
	pieces []piece
	bytes  int64
	splits []plugins.Split
}

func (s *splitter) add(f sourceFile) error {
	p := piece{Path: f.location.String(), Size: f.info.Size, ModTime: f.info.ModTime.UnixMilli(), Codec: f.codec}
	if f.codec != textfile.Plain {
		return s.addPiece(p, f.info.Size)
	}
	for p.Start < p.Size {
		p.End = min(p.Size, p.Start+s.target-s.bytes)
		if p.Size-p.End < s.target/10 {
			p.End = p.Size // FileInputFormat's SPLIT_SLOP: no crumbs
		}
		if err := s.addPiece(p, p.End-p.Start); err != nil {
			return err
		}
		p.Start = p.End
	}
	return nil
}

func (s *splitter) addPiece(p piece, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	s.pieces = append(s.pieces, p)
	s.bytes += bytes
	if s.bytes < s.target {
		return nil
	}
	return s.end()
}

// end makes a split of the pieces gathered.
func (s *splitter) end() error {
	if len(s.pieces) == 0 {
		return nil
	}
	data, err := json.Marshal(splitData{s.pieces})
	if err != nil {
		return err
	}
	first := s.pieces[0]
	label := fmt.Sprintf("%s from %d, %d bytes", first.Path, first.Start, s.bytes)
	if n := len(s.pieces); n > 1 {
		label = fmt.Sprintf("%d pieces of files from %s on, %d bytes", n, first.Path, s.bytes)
	}
	s.splits = append(s.splits, plugins.Split{ID: len(s.splits), Label: label, Rows: -1, Data: data})
	s.pieces, s.bytes = nil, 0
	return nil
}
