package hdfs

import (
	"sync"

	"weft/internal/fsys"
)

// Buffers of a file that is being written: one is sent while the next is
// filled, so that whoever makes the bytes does not wait for the DataNode.
const (
	behindBuffers = 3
	behindBytes   = 1 << 20
)

// behind sends in a goroutine of its own what is written, in its order.
//
//	Write -> copy into an empty buffer -> full -> goroutine -> file.Write -> empty
//
// An error of the file shows at the next Write or at Close; what was written
// after it is dropped, as the file is broken anyway. The goroutine ends with
// Close, which waits for it.
type behind struct {
	file  fsys.File
	full  chan parcel   // closed by Close
	empty chan []byte   // never closed
	ended chan struct{} // closed by the goroutine
	made  int           // buffers made so far
	done  bool

	mu  sync.Mutex
	err error // the first error of the file
}

// parcel is bytes to write, or a wish to be told when all before it is written.
type parcel struct {
	data    []byte
	arrived chan<- struct{}
}

var _ fsys.File = (*behind)(nil)

func writeBehind(file fsys.File) *behind {
	b := &behind{file: file, full: make(chan parcel, behindBuffers), empty: make(chan []byte, behindBuffers), ended: make(chan struct{})}
	go b.send()
	return b
}

// send is the goroutine.
func (b *behind) send() {
	defer close(b.ended)
	for p := range b.full {
		if p.arrived != nil {
			close(p.arrived)
			continue
		}
		if b.broken() == nil {
			_, err := b.file.Write(p.data)
			b.fail(err)
		}
		b.empty <- p.data[:0]
	}
}

func (b *behind) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
}

func (b *behind) broken() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Read implements fsys.File.
func (b *behind) Read(p []byte) (int, error) { return b.file.Read(p) }

// Write implements fsys.File.
func (b *behind) Write(p []byte) (int, error) {
	if b.done {
		return b.file.Write(p) // says that the file is closed
	}
	total := 0
	for len(p) > 0 {
		if err := b.broken(); err != nil {
			return total, err
		}
		n := min(len(p), behindBytes)
		b.full <- parcel{data: append(b.buffer(n), p[:n]...)}
		total += n
		p = p[n:]
	}
	return total, b.broken()
}

// buffer returns an empty buffer, waiting for one when all are on their way.
func (b *behind) buffer(size int) []byte {
	select {
	case buffer := <-b.empty:
		return buffer
	default:
	}
	if b.made < behindBuffers {
		b.made++
		return make([]byte, 0, size)
	}
	return <-b.empty
}

// Sync implements fsys.File: it waits until all is handed to the file.
func (b *behind) Sync() error {
	if b.done {
		return b.file.Sync()
	}
	arrived := make(chan struct{})
	b.full <- parcel{arrived: arrived}
	<-arrived
	if err := b.broken(); err != nil {
		return err
	}
	return b.file.Sync()
}

// Close implements fsys.File.
func (b *behind) Close() error {
	if b.done {
		return nil
	}
	b.done = true
	close(b.full)
	<-b.ended
	return b.file.Close()
}
