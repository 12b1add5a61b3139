// Package job is the vocabulary that the client, the ApplicationMaster and the
// containers share: what the user asked for (Spec), what was made of it once
// and for all (Plan), what is handed to a slot (Task), and in which state a
// run, a split and an attempt are (State).
//
// Everything here is plain data that travels as JSON: in spec.json and
// plan.json of the run folder, over the umbilical, in `-o json`. Field names
// are part of the format on disk.
//
// Loading a job file is here too (Load): it tells FlinkX, DataX and native
// jobs apart, expands variables, and reports every mistake at once with file,
// line and column.
package job
