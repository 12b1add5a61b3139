package textfile

import (
	"compress/bzip2"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Codec is a compression of whole files.
type Codec string

// The codecs. Bzip2 is read only: nothing in the standard library writes it.
const (
	// Plain is no compression; positions are offsets and files can be split.
	Plain Codec = ""
	Gzip  Codec = "gzip"
	Bzip2 Codec = "bzip2"
)

// CodecOf returns the codec that a file name's ending stands for, as Hadoop's
// CompressionCodecFactory decides it. Endings of codecs that weft cannot read
// are an error: their bytes must not be taken for text.
func CodecOf(name string) (Codec, error) {
	dot := strings.LastIndexByte(name, '.')
	switch ending := strings.ToLower(name[dot+1:]); {
	case dot < 0:
	case ending == "gz" || ending == "gzip":
		return Gzip, nil
	case ending == "bz2":
		return Bzip2, nil
	case ending == "lzo" || ending == "lzo_deflate" || ending == "lz4" || ending == "snappy" || ending == "zst" ||
		ending == "deflate" || ending == "xz":
		return Plain, fmt.Errorf("file %s: compression .%s is not supported", name, ending)
	}
	return Plain, nil
}

// Decompress returns the text behind r. Members of a file of several gzip or
// bzip2 streams follow each other.
func Decompress(r io.Reader, codec Codec) (io.Reader, error) {
	switch codec {
	case Gzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return z, nil
	case Bzip2:
		return bzip2.NewReader(r), nil
	}
	return r, nil
}
