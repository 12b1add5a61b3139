package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
)

// Ports are handed out in blocks below the range from which Linux takes the local ports of outgoing connections
// (net.ipv4.ip_local_port_range, 32768 and up): a port stays ours while its daemon is dead and about to be started again.
const (
	firstPort  = 10240
	blockPorts = 64
	portBlocks = (32768 - firstPort) / blockPorts
)

// portBlock is a run of consecutive ports that belongs to one sandbox of one process until release.
type portBlock struct {
	held *fileLock
	next int
	last int
}

// claimPorts locks a block in which every port can be bound at this moment.
func claimPorts(cache string) (*portBlock, error) {
	start := rand.IntN(portBlocks)
	for i := range portBlocks {
		first := firstPort + (start+i)%portBlocks*blockPorts
		held, err := tryLock(filepath.Join(cache, "ports", strconv.Itoa(first)))
		if errors.Is(err, ErrLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if blockIsFree(first) {
			return &portBlock{held: held, next: first, last: first + blockPorts - 1}, nil
		}
		held.Close()
	}
	return nil, fmt.Errorf("claim ports: no block of %d free ports from %d up", blockPorts, firstPort)
}

func blockIsFree(first int) bool {
	for p := first; p < first+blockPorts; p++ {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// take returns the next port of the block.
func (b *portBlock) take() (int, error) {
	if b.next > b.last {
		return 0, fmt.Errorf("take port: all %d of the block are given out", blockPorts)
	}
	b.next++
	return b.next - 1, nil
}
