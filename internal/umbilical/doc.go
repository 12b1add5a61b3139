// Package umbilical is the link between the ApplicationMaster and a container:
// four calls, all made by the container, all answered by the master.
//
//	container                                   ApplicationMaster
//	   | Next(who)            ---------------->  |
//	   |   <---- task | wait | stop              |
//	   | Report(counters)     ---------------->  |   each second; a dirty row at once
//	   |   <---- go on | hold | drain | stop     |
//	   | Sealed(manifest)     ---------------->  |   journalled before the answer
//	   |   <---- accepted | not yet | fenced     |
//	   | Done(outcome)        ---------------->  |   idempotent per attempt
//
// Guarantees:
//
//   - Every message carries a Stamp (run, generation, container, split,
//     attempt). One that is not current changes nothing and is told to stop.
//   - "accepted" means that the unit stands in the journal, durably.
//   - Silence longer than DefaultLease means stop, on both sides: the container
//     stops writing, the master gives the split out again.
//   - A container outlives its master for the length of the lease: a Client asks
//     where the master is for each new connection, and leaves one that hangs. To
//     a later master each Report is a claim (Progress.Place and Accepted); until
//     it has decided, it answers "go on" and "not yet".
//
// Two implementations behave the same: Desk, to which a container in the same
// process speaks directly, and Client with Server, which carry the calls as
// JSON over HTTP/1.1 and TLS 1.3. There each side proves that it knows the
// container's key, HMAC(application secret, container id), bound to that very
// TLS channel; see hello.go.
//
//	var link umbilical.Link = desk // or a *Client
//	answer, err := link.Next(ctx, umbilical.Want{Run: "r1", Container: "c1"})
package umbilical
