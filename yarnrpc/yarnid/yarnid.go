// Package yarnid holds YARN's ids: application, app attempt, container and node, with their text forms.
//
// The text forms are those of org.apache.hadoop.yarn.api.records (ApplicationId, ApplicationAttemptId, ContainerId,
// NodeId): they appear in environment variables, log paths and on the command line.
//
//	id, err := yarnid.ParseContainer(os.Getenv("CONTAINER_ID"))
//	fmt.Println(id.Attempt.App) // application_1764000000000_0007
//
// All ids are comparable values and may be map keys. The zero value of each is "no id".
package yarnid

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Application identifies one application of a ResourceManager (ApplicationId).
type Application struct {
	// ClusterTimestamp is the start time of the ResourceManager that issued the id, in ms since 1970.
	ClusterTimestamp int64
	// Sequence counts the applications of that ResourceManager, from 1.
	Sequence int32
}

// String returns application_<timestamp>_<sequence, at least 4 digits>.
func (a Application) String() string {
	return fmt.Sprintf("application_%d_%04d", a.ClusterTimestamp, a.Sequence)
}

// IsZero tells whether a is no id at all.
func (a Application) IsZero() bool { return a == Application{} }

// Attempt identifies one app attempt (ApplicationAttemptId): one start of an ApplicationMaster.
type Attempt struct {
	// App is the application the attempt belongs to.
	App Application
	// Number counts the attempts of the application, from 1.
	Number int32
}

// String returns appattempt_<timestamp>_<application>_<attempt, at least 6 digits>.
func (a Attempt) String() string {
	return fmt.Sprintf("appattempt_%d_%04d_%06d", a.App.ClusterTimestamp, a.App.Sequence, a.Number)
}

// epochShift is where the epoch begins in a container's 64-bit id (ContainerId.CONTAINER_ID_BITMASK).
const epochShift = 40

// Container identifies one container (ContainerId).
type Container struct {
	// Attempt is the app attempt that the container was granted to.
	Attempt Attempt
	// ID is the whole 64-bit id: the epoch in the upper 24 bits, the container's number in the lower 40.
	ID int64
}

// Epoch counts restarts and failovers of the ResourceManager up to the grant.
func (c Container) Epoch() int64 { return c.ID >> epochShift }

// Number counts the containers of the attempt within the epoch, from 1; the AM's own is 1 in the first epoch.
func (c Container) Number() int64 { return c.ID & (1<<epochShift - 1) }

// String returns container_[e<epoch>_]<timestamp>_<application>_<attempt, 2 digits>_<number, 6 digits>; the epoch is
// left out while it is 0.
func (c Container) String() string {
	epoch := ""
	if e := c.Epoch(); e > 0 {
		epoch = fmt.Sprintf("e%02d_", e)
	}
	a := c.Attempt
	return fmt.Sprintf("container_%s%d_%04d_%02d_%06d", epoch, a.App.ClusterTimestamp, a.App.Sequence, a.Number, c.Number())
}

// Compare orders containers by application, attempt and id, oldest first. It has the shape slices.SortFunc wants.
func Compare(a, b Container) int {
	return cmp.Or(
		cmp.Compare(a.Attempt.App.ClusterTimestamp, b.Attempt.App.ClusterTimestamp),
		cmp.Compare(a.Attempt.App.Sequence, b.Attempt.App.Sequence),
		cmp.Compare(a.Attempt.Number, b.Attempt.Number),
		cmp.Compare(a.ID, b.ID),
	)
}

// Node identifies a NodeManager by the host and port of its container service (NodeId).
type Node struct {
	// Host is the name or address that the NodeManager registered with.
	Host string
	// Port is its container management port.
	Port int32
}

// String returns host:port, which can be dialled.
func (n Node) String() string { return net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port))) }

// ParseApplication reads what Application.String writes.
func ParseApplication(s string) (Application, error) {
	f, err := fields(s, "application", 2)
	if err != nil {
		return Application{}, err
	}
	return Application{f[0], int32(f[1])}, nil
}

// ParseAttempt reads what Attempt.String writes.
func ParseAttempt(s string) (Attempt, error) {
	f, err := fields(s, "appattempt", 3)
	if err != nil {
		return Attempt{}, err
	}
	return Attempt{Application{f[0], int32(f[1])}, int32(f[2])}, nil
}

// ParseContainer reads what Container.String writes, with or without an epoch.
func ParseContainer(s string) (Container, error) {
	plain, epoch := s, int64(0)
	if rest, ok := strings.CutPrefix(s, "container_e"); ok {
		text, after, _ := strings.Cut(rest, "_")
		var err error
		if epoch, err = strconv.ParseInt(text, 10, 23); err != nil || epoch < 0 {
			return Container{}, fmt.Errorf("parse container id %q: bad epoch", s)
		}
		plain = "container_" + after
	}
	f, err := fields(plain, "container", 4)
	if err != nil {
		return Container{}, fmt.Errorf("parse container id %q: want container_[e<epoch>_]<timestamp>_<application>_<attempt>_<number>", s)
	}
	if f[3] >= 1<<epochShift {
		return Container{}, fmt.Errorf("parse container id %q: number out of range", s)
	}
	return Container{Attempt{Application{f[0], int32(f[1])}, int32(f[2])}, epoch<<epochShift | f[3]}, nil
}

// ParseNode reads host:port; an IPv6 address stands in brackets.
func ParseNode(s string) (Node, error) {
	host, text, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return Node{}, fmt.Errorf("parse node id %q: want host:port", s)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return Node{}, fmt.Errorf("parse node id %q: bad port", s)
	}
	return Node{host, int32(port)}, nil
}

// fields splits prefix_n_n_... into exactly count non-negative numbers. All but the first and the last of four fit
// 32 bits in Java; larger ones are refused.
func fields(s, prefix string, count int) ([]int64, error) {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	parts := strings.Split(rest, "_")
	if !ok || len(parts) != count {
		return nil, fmt.Errorf("parse %s id %q: want %s and %d numbers joined by _", prefix, s, prefix, count)
	}
	out := make([]int64, count)
	for i, p := range parts {
		bits := 32
		if i == 0 || i == 3 {
			bits = 64
		}
		n, err := strconv.ParseInt(p, 10, bits)
		if err != nil || n < 0 || strings.HasPrefix(p, "+") {
			return nil, fmt.Errorf("parse %s id %q: %q is not a number in range", prefix, s, p)
		}
		out[i] = n
	}
	return out, nil
}
