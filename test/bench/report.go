package main

import (
	"fmt"
	"io"
	"time"
)

// shortest is what a case has to take beyond its start-up for a ratio of times to
// mean anything.
const shortest = 500 * time.Millisecond

// print writes the table in Markdown, as the README has it, and below it the
// ratios that goals are set for.
func print(w io.Writer, o options, cases []testCase, samples map[string][]sample) {
	fmt.Fprintf(w, "%d rows x 8 columns, 115 bytes a row as text; medians of %d rounds\n\n", o.rows, o.rounds)
	fmt.Fprintln(w, "| case | wall s | rows/s | CPU s per million rows | peak MiB | rate against the client |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, c := range cases {
		if len(samples[c.name]) > 0 {
			fmt.Fprintln(w, line(c, samples))
		}
	}
	fmt.Fprintln(w)
	wall := func(name string) time.Duration { return median(samples[name], wallOf) }
	have := func(names ...string) bool {
		for _, name := range names {
			if len(samples[name]) == 0 {
				return false
			}
		}
		return true
	}
	if have(caseFloor, caseYARNStart) {
		fmt.Fprintf(w, "submit of 10 rows above the floor: %.2f s\n", (wall(caseYARNStart) - wall(caseFloor)).Seconds())
	}
	if have(caseYARN, caseYARNStart, caseText, caseStart) {
		text, yarn := wall(caseText)-wall(caseStart), wall(caseYARN)-wall(caseYARNStart)
		if text > shortest && yarn > shortest {
			fmt.Fprintf(w, "to HDFS on YARN against local text, start-up off: %.2f of the rows/s\n", text.Seconds()/yarn.Seconds())
		}
	}
	printLoads(w, samples)
	printPostgres(w, samples)
	if have(caseText, caseText2) {
		fmt.Fprintf(w, "CPU per row of two slots against one: %.2f\n",
			median(samples[caseText2], cpuOf).Seconds()/median(samples[caseText], cpuOf).Seconds())
	}
}

// line is one row of the table. CPU has the start-up of 10 rows taken off; that
// of processes which only wait for others is not told.
func line(c testCase, samples map[string][]sample) string {
	list, client := samples[c.name], samples[caseClient]
	wall, cpu := median(list, wallOf), median(list, cpuOf)
	rate, perMillion, peak, ratio := "-", "-", "-", "-"
	if c.rows > 1000 {
		rate = fmt.Sprintf("%.2f M", float64(c.rows)/wall.Seconds()/1e6)
		if c.args == nil && len(samples[caseStart]) > 0 {
			cpu -= median(samples[caseStart], cpuOf)
		}
		if !c.remote() {
			perMillion = fmt.Sprintf("%.2f", cpu.Seconds()/float64(c.rows)*1e6)
		}
		if len(client) > 0 {
			ratio = fmt.Sprintf("%.2f", median(client, wallOf).Seconds()/wall.Seconds())
		}
	}
	if !c.remote() {
		peak = fmt.Sprintf("%.0f", float64(median(list, peakOf))/(1<<20))
	}
	return fmt.Sprintf("| %s | %.2f | %s | %s | %s | %s |", c.title, wall.Seconds(), rate, perMillion, peak, ratio)
}
