// Package job is the vocabulary that the client, the ApplicationMaster and the
// containers share: what the user asked for (Spec), what was made of it once
// and for all (Plan), what is handed to a slot (Task), in which state a run, a
// split and an attempt are (State), how a run ended (Result).
//
// Everything here is plain data that travels as JSON: in spec.json and
// plan.json of the run folder, over the umbilical, in `-o json`. Field names
// are part of the format on disk.
//
// # From a file to a Spec
//
//	text -> detect the dialect -> expand variables -> jsontree -> skeleton,
//	setting, both sides' settings -> Spec and every Diagnostic
//
// Load tells FlinkX, DataX and native jobs apart, and reports every mistake at
// once with file, line and column. The Spec has all defaults filled in, those
// of the Site (LoadSite) too; the plugins' settings stay JSON until Decode
// reads them, which Load has tried before.
//
//	site, found := job.LoadSite(job.SiteOptions{Environ: os.Environ(), Home: home})
//	spec, found := job.Load("orders.json", job.LoadOptions{Params: params, Registry: registry, Site: site})
//
// # Secrets
//
// A Spec keeps references to secrets (${env:X}, file:/x) as they are. Resolve
// replaces them by their values on the client; what it returns must be neither
// shown nor stored. Seal encrypts those values with the run's key, for
// spec.json; Unseal opens them again in the ApplicationMaster and in
// containers. Masked is for people.
package job
