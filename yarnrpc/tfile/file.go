package tfile

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
)

var magic = []byte{0xd1, 0x11, 0xd3, 0x68, 0x91, 0xb5, 0xd7, 0xb6, 0x39, 0xdf, 0x41, 0x40, 0x92, 0xba, 0xe1, 0x50}

const (
	tailBytes    = 28
	maxBlocks    = 1 << 20
	maxMetaBytes = 64 << 20
)

// region is a stretch of the file.
type region struct{ offset, stored, raw int64 }

// metaEntry is one named block of the meta index.
type metaEntry struct {
	name, compression string
	region
}

// file is an opened TFile: its default compression and its data blocks.
type file struct {
	source      io.ReaderAt
	size        int64
	compression string
	blocks      []region
}

func open(source io.ReaderAt, size int64) (*file, error) {
	index, err := findMetaIndex(source, size)
	if err != nil {
		return nil, err
	}
	f := &file{source: source, size: size}
	for range index.count {
		entry, err := readMetaEntry(index.r)
		if err != nil {
			return nil, err
		}
		if entry.name != "data:BCFile.index" {
			continue
		}
		return f, f.readBlockIndex(entry)
	}
	return nil, fmt.Errorf("%w: no BCFile.index", errCorrupt)
}

type metaIndex struct {
	r     *bufio.Reader
	count int64
}

func findMetaIndex(source io.ReaderAt, size int64) (*metaIndex, error) {
	if size < tailBytes {
		return nil, fmt.Errorf("%w: %d bytes are too few", errCorrupt, size)
	}
	var tail [tailBytes]byte
	if _, err := source.ReadAt(tail[:], size-tailBytes); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read tail: %w", err)
	}
	if !bytes.Equal(tail[12:], magic) {
		return nil, fmt.Errorf("%w: no TFile, the magic bytes are missing", errCorrupt)
	}
	offset := int64(binary.BigEndian.Uint64(tail[:8]))
	if offset < 0 || offset > size-tailBytes {
		return nil, fmt.Errorf("%w: meta index at %d of %d bytes", errCorrupt, offset, size)
	}
	r := bufio.NewReader(io.NewSectionReader(source, offset, size-tailBytes-offset))
	count, err := readSize(r, "number of meta blocks", 1000)
	return &metaIndex{r: r, count: count}, err
}

func readMetaEntry(r byteReader) (metaEntry, error) {
	name, err := readString(r)
	if err != nil {
		return metaEntry{}, err
	}
	compression, err := readString(r)
	if err != nil {
		return metaEntry{}, err
	}
	at, err := readRegion(r)
	return metaEntry{name: name, compression: compression, region: at}, err
}

func readRegion(r byteReader) (region, error) {
	var numbers [3]int64
	for i, what := range []string{"offset of a block", "stored size of a block", "raw size of a block"} {
		n, err := readSize(r, what, 1<<62)
		if err != nil {
			return region{}, err
		}
		numbers[i] = n
	}
	return region{offset: numbers[0], stored: numbers[1], raw: numbers[2]}, nil
}

func (f *file) readBlockIndex(entry metaEntry) error {
	if entry.raw > maxMetaBytes {
		return fmt.Errorf("%w: BCFile.index of %d bytes", errCorrupt, entry.raw)
	}
	block, err := f.block(entry.region, entry.compression)
	if err != nil {
		return err
	}
	if f.compression, err = readString(block); err != nil {
		return err
	}
	count, err := readSize(block, "number of data blocks", maxBlocks)
	if err != nil {
		return err
	}
	for range count {
		at, err := readRegion(block)
		if err != nil {
			return err
		}
		f.blocks = append(f.blocks, at)
	}
	return nil
}

// block opens one block for reading. What Hadoop calls gz here is a zlib
// stream (RFC 1950), not gzip.
func (f *file) block(at region, compression string) (*bufio.Reader, error) {
	if at.offset > f.size || at.stored > f.size-at.offset {
		return nil, fmt.Errorf("%w: block at %d of %d bytes goes beyond the end", errCorrupt, at.offset, at.stored)
	}
	section := io.NewSectionReader(f.source, at.offset, at.stored)
	switch compression {
	case "none":
		return bufio.NewReader(section), nil
	case "gz":
		inflated, err := zlib.NewReader(bufio.NewReader(section))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errCorrupt, err)
		}
		return bufio.NewReader(inflated), nil
	}
	return nil, fmt.Errorf("compression %q of aggregated logs cannot be read; `yarn logs` can", compression)
}
