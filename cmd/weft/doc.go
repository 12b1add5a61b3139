// Command weft is the client, the ApplicationMaster and the program of every
// container, in one program.
//
// main.go builds the command and exits with its code; root.go lists the
// verbs; every verb is one file with one function newXCommand(*env) that
// returns it. What verbs share:
//
//   - env: streams, settings of the site, plugins, log, the scrubber.
//   - env.loadJob: a job file with its diagnostics printed.
//   - A verb returns an error and prints none: main does, as text or JSON. A
//     verb that has told everything itself returns quiet(code).
//
// Results go to standard output, everything else to standard error. The
// context of a verb ends with the first SIGINT or SIGTERM; the second one
// ends the program at once.
package main
