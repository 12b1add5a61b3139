// Package submit hands a run to YARN: it puts the binary where every container
// can fetch it, builds what the ResourceManager wants to know, and hands the
// application over until it is accepted.
//
// Guarantees:
//
//   - The binary is uploaded once per content: its folder is the SHA-256 of its
//     bytes, and it gets its name by a rename that replaces nothing, so a
//     half-written file is never started.
//
//   - What the cluster would refuse (queue, size, label) is found before
//     anything is written.
//
//   - The application secret travels in the credentials of the
//     ApplicationMaster, nowhere else.
//
//     report, err := submit.Submit(ctx, client, application)
package submit
