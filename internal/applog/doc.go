// Package applog finds the logs of a YARN application's containers: those of a
// running container on its NodeManager's web service, those of an ended
// application in the files that log aggregation left on the file system.
//
// Guarantees: logs are streamed, never held in memory; a file of aggregated
// logs that is still being written is left out and named; a format that weft
// cannot read gives an error that names the tool that can.
//
// It is tested against real NodeManagers and their aggregated files
// (test/e2e), the layout of folders on a memory file system.
//
//	err := applog.Running(ctx, client, "node1:8042", container, visit)
package applog

import "io"

// Visit is called for each log with the container's id and the log's name,
// such as stderr. log is valid during the call. Its error ends the search.
type Visit func(container, name string, log io.Reader) error
