package cluster

import (
	"fmt"
	"strconv"
)

// Daemon names one process of a Hadoop; it is also the name of its log and of its configuration folder.
type Daemon string

// The daemons that every Hadoop of this package has, and the two that one with HadoopOptions.HA has beside them.
// NodeManagers are named by NodeManager, further DataNodes by DataNodeNo.
const (
	NameNode              Daemon = "nn"
	DataNode              Daemon = "dn"
	ResourceManager       Daemon = "rm"
	SecondNameNode        Daemon = "nn2"
	SecondResourceManager Daemon = "rm2"
)

// NodeManager names the i-th NodeManager, counted from 1.
func NodeManager(i int) Daemon { return Daemon("nm" + strconv.Itoa(i)) }

// DataNodeNo names the i-th DataNode, counted from 1; the first is DataNode.
func DataNodeNo(i int) Daemon {
	if i == 1 {
		return DataNode
	}
	return DataNode + Daemon(strconv.Itoa(i))
}

// kind is what the process is.
type kind string

const (
	nameNode        kind = "nn"
	dataNode        kind = "dn"
	resourceManager kind = "rm"
	nodeManager     kind = "nm"
)

func (d Daemon) kind() kind { return kind(d[:2]) }

// index is the place of the daemon among those of its kind, from 0.
func (d Daemon) index() int {
	n, err := strconv.Atoi(string(d[2:]))
	if err != nil {
		return 0 // the first of a kind bears no number
	}
	return n - 1
}

// mainClass is the Java class of the daemon.
func (d Daemon) mainClass() string {
	switch d.kind() {
	case nameNode:
		return "org.apache.hadoop.hdfs.server.namenode.NameNode"
	case dataNode:
		return "org.apache.hadoop.hdfs.server.datanode.DataNode"
	case resourceManager:
		return "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
	default:
		return "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
	}
}

// endpoints are the ports of one Hadoop; all of them on 127.0.0.1.
type endpoints struct {
	nns []namePorts
	dns []dataPorts
	rms []managerPorts
	nms []nodePorts
}

// The ports of one daemon of each kind.
type (
	namePorts    struct{ rpc, http int }
	dataPorts    struct{ data, ipc, http int }
	managerPorts struct{ rpc, scheduler, tracker, admin, web int }
	nodePorts    struct{ rpc, localizer, web, collector int }
)

// takeEndpoints draws every port from the block.
func takeEndpoints(b *portBlock, opts HadoopOptions) (endpoints, error) {
	masters := 1
	if opts.HA {
		masters = 2
	}
	e := endpoints{nns: make([]namePorts, masters), dns: make([]dataPorts, opts.DataNodes),
		rms: make([]managerPorts, masters), nms: make([]nodePorts, opts.NodeManagers)}
	var want []*int
	for i := range masters {
		n, r := &e.nns[i], &e.rms[i]
		want = append(want, &n.rpc, &n.http, &r.rpc, &r.scheduler, &r.tracker, &r.admin, &r.web)
	}
	for i := range e.dns {
		n := &e.dns[i]
		want = append(want, &n.data, &n.ipc, &n.http)
	}
	for i := range e.nms {
		n := &e.nms[i]
		want = append(want, &n.rpc, &n.localizer, &n.web, &n.collector)
	}
	for _, port := range want {
		p, err := b.take()
		if err != nil {
			return endpoints{}, err
		}
		*port = p
	}
	return e, nil
}

// all names the daemons.
func (e endpoints) all() []Daemon {
	list := []Daemon{NameNode, ResourceManager}
	if len(e.nns) > 1 {
		list = append(list, SecondNameNode, SecondResourceManager)
	}
	for i := range e.dns {
		list = append(list, DataNodeNo(i+1))
	}
	for i := range e.nms {
		list = append(list, NodeManager(i+1))
	}
	return list
}

// addr is host:port as Hadoop's files and clients write it.
func addr(port int) string { return fmt.Sprintf("localhost:%d", port) }
