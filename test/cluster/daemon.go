package cluster

import (
	"fmt"
	"strconv"
)

// Daemon names one process of a Hadoop; it is also the name of its log and of its configuration folder.
type Daemon string

// The daemons that every Hadoop of this package has. NodeManagers are named by NodeManager.
const (
	NameNode        Daemon = "nn"
	DataNode        Daemon = "dn"
	ResourceManager Daemon = "rm"
)

// NodeManager names the i-th NodeManager, counted from 1.
func NodeManager(i int) Daemon { return Daemon("nm" + strconv.Itoa(i)) }

// mainClass is the Java class of the daemon.
func (d Daemon) mainClass() string {
	switch d {
	case NameNode:
		return "org.apache.hadoop.hdfs.server.namenode.NameNode"
	case DataNode:
		return "org.apache.hadoop.hdfs.server.datanode.DataNode"
	case ResourceManager:
		return "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
	default:
		return "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
	}
}

// endpoints are the ports of one Hadoop; all of them on 127.0.0.1.
type endpoints struct {
	nnRPC, nnHTTP                                 int
	dnData, dnIPC, dnHTTP                         int
	rmRPC, rmScheduler, rmTracker, rmAdmin, rmWeb int
	nms                                           []nodePorts
}

// nodePorts are the ports of one NodeManager.
type nodePorts struct{ rpc, localizer, web, collector int }

// takeEndpoints draws every port from the block.
func takeEndpoints(b *portBlock, nodeManagers int) (endpoints, error) {
	e := endpoints{nms: make([]nodePorts, nodeManagers)}
	want := []*int{&e.nnRPC, &e.nnHTTP, &e.dnData, &e.dnIPC, &e.dnHTTP,
		&e.rmRPC, &e.rmScheduler, &e.rmTracker, &e.rmAdmin, &e.rmWeb}
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

// addr is host:port as Hadoop's files and clients write it.
func addr(port int) string { return fmt.Sprintf("localhost:%d", port) }
