package tfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Visit is called for each log file of each container. log ends with the file
// and is valid during the call; what is not read is skipped. Its error ends the
// walk and is returned.
type Visit func(container, name string, log io.Reader) error

// Walk calls visit for every log in the TFile of size bytes that source holds,
// in the order of the file.
func Walk(source io.ReaderAt, size int64, visit Visit) error {
	f, err := open(source, size)
	if err != nil {
		return fmt.Errorf("open aggregated log: %w", err)
	}
	for _, at := range f.blocks {
		block, err := f.block(at, f.compression)
		if err != nil {
			return fmt.Errorf("open block of aggregated log: %w", err)
		}
		if err := walkBlock(block, visit); err != nil {
			return err
		}
	}
	return nil
}

func walkBlock(block *bufio.Reader, visit Visit) error {
	for {
		key, err := readKey(block)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read record of aggregated log: %w", err)
		}
		value := &chunks{r: block}
		buffered := bufio.NewReader(value)
		// VERSION, APPLICATION_OWNER and APPLICATION_ACL are not logs.
		if strings.HasPrefix(key, "container_") {
			if err := walkValue(buffered, key, visit); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, value); err != nil {
			return fmt.Errorf("read record of aggregated log: %w", err)
		}
	}
}

// readKey reads a record's key: its size, then a writeUTF string. io.EOF says
// that the block has no further record.
func readKey(r byteReader) (string, error) {
	if _, err := readInt(r); err != nil {
		return "", err
	}
	key, err := readUTF(r)
	return key, unexpected(err)
}

// walkValue visits the logs of one container: name, length in decimal digits,
// and that many bytes, until the value ends.
func walkValue(value *bufio.Reader, container string, visit Visit) error {
	for {
		name, err := readUTF(value)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log name of %s: %w", container, err)
		}
		digits, err := readUTF(value)
		if err != nil {
			return fmt.Errorf("read log length of %s: %w", container, unexpected(err))
		}
		size, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || size < 0 {
			return fmt.Errorf("%w: log %s of %s has length %q", errCorrupt, name, container, digits)
		}
		log := &io.LimitedReader{R: value, N: size}
		if err := visit(container, name, log); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, log); err != nil {
			return fmt.Errorf("read log %s of %s: %w", name, container, err)
		}
		if log.N > 0 {
			return fmt.Errorf("%w: log %s of %s ends %d bytes early", errCorrupt, name, container, log.N)
		}
	}
}

// chunks joins the chunks of a value (Chunk.ChunkDecoder): a negative size is a
// chunk that others follow, any other the last one.
type chunks struct {
	r    byteReader
	left int64
	last bool
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.last {
			return 0, io.EOF
		}
		n, err := readInt(c.r)
		if err != nil {
			return 0, unexpected(err)
		}
		c.last, c.left = n >= 0, n
		if n < 0 {
			c.left = -n
		}
		if c.left < 0 {
			return 0, fmt.Errorf("%w: chunk of %d bytes", errCorrupt, n)
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, unexpected(err)
}
