// Package e2e holds the tests that need real servers: Hadoop daemons and databases started on loopback by test/cluster.
//
// The test binary plays several parts. Started by a test it runs the tests; started by YARN in a container, with the
// variable named in main_test.go, it plays the ApplicationMaster or the container that a test wants to see live.
package e2e
