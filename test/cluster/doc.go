// Package cluster starts real servers as private processes on loopback: for tests, the demo and benchmarks alike.
//
// StartHadoop brings up a NameNode, a DataNode, a ResourceManager and NodeManagers of Apache Hadoop from one pinned
// dependency list (pom.xml); StartMariaDB a MariaDB. Tests of one binary share them through Shared.
//
//	h, err := cluster.StartHadoop(ctx, cluster.HadoopOptions{NodeManagers: 2})
//	if err != nil { ... }
//	defer h.Close()
//	cmd.Env = append(os.Environ(), "HADOOP_CONF_DIR="+h.ConfDir())
//	h.Kill(cluster.NodeManager(1))              // SIGKILL
//	h.WaitNode(ctx, cluster.NodeManager(1), "LOST")
//	h.Start(ctx, cluster.NodeManager(1))        // same ports, same folders
//
// Guarantees:
//   - a server that is returned serves: readiness is asked for over its own interface, never slept for;
//   - it listens on 127.0.0.1 only, on ports that no other process of this package uses at the same time, and works in a
//     folder of its own below the temporary folder;
//   - after Close, and equally after the death of the process that started it, by SIGKILL too, nothing is left: neither
//     daemons nor the YARN containers they launched nor the folder;
//   - what is costly to get is fetched once per machine into the user's cache folder (weft-test), by Maven and apt-get,
//     guarded by file locks, so that many test binaries may start at once. What cannot be had is an error that says what
//     to install, never a skipped test.
//
// Not guaranteed: anything about speed on a machine with less than 2 GB of free memory; a Hadoop with two NodeManagers
// takes 1.2 GB. On two cores run at most two of them at once.
package cluster
