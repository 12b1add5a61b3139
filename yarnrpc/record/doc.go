// Package record holds the records that YARN's protocols share: resources, containers and their statuses, node
// reports, and the launch context that says what runs in a container.
//
// They mirror org.apache.hadoop.yarn.api.records. Ids are in package yarnid, tokens in package token. The typed
// clients (rm, amrm, nm) take and return these plain structs; the FromX and Proto functions translate to the wire and
// are of use below yarnrpc only.
//
//	lc := record.LaunchContext{
//		Command:        "exec ./weft container 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr",
//		LocalResources: map[string]record.LocalResource{"weft": {URL: url, SizeBytes: st.Length, ModTime: st.ModTime}},
//	}
//
// States and statuses are integers: a value that a newer server invents is kept and printed as a number.
package record
