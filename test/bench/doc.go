// Bench measures weft against the source server's own client and against bare
// YARN, all in one run on one machine, and prints the table that the README
// quotes.
//
// Figures are of whole processes, from the operating system's own accounting
// (getrusage of the ended child): wall time, CPU seconds of user and system,
// largest resident memory. Each case runs several times, cases in turn, and the
// median is printed; CPU per million rows has the start-up taken off, measured
// by the same command on a table of 10 rows. Ratios are made within one run:
// absolute times of a shared machine mean little, and what its load was before is
// told. The server's client is not encrypted, nor is weft where it is compared
// with it; one case is, which is weft's default where the server can. Of a case on
// YARN only the time is told: the work is done by processes that are not the
// bench's children.
//
//	scripts/bench                 # 5,000,000 rows, 3 rounds
//	scripts/bench -rows 1000000 -rounds 1 -only null,text1
package main
