package main

import (
	"fmt"
	"io"
	"time"
)

// print writes the table in Markdown, as the README has it.
func print(w io.Writer, o options, cases []testCase, samples map[string][]sample) {
	fmt.Fprintf(w, "%d rows x 8 columns, 115 bytes a row as text; medians of %d rounds\n\n", o.rows, o.rounds)
	fmt.Fprintln(w, "| case | wall s | rows/s | CPU s per million rows | peak MiB | rate against the client |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	start := time.Duration(0)
	if list := samples[caseStart]; len(list) > 0 {
		start = median(list, cpuOf)
	}
	for _, c := range cases {
		if list := samples[c.name]; len(list) > 0 {
			fmt.Fprintln(w, line(c, list, samples[caseClient], start))
		}
	}
	if floor, ten := samples[caseFloor], samples["yarnten"]; len(floor) > 0 && len(ten) > 0 {
		fmt.Fprintf(w, "\nsubmit of 10 rows above the floor: %.2f s\n", (median(ten, wallOf) - median(floor, wallOf)).Seconds())
	}
	if yarn, text := samples[caseYARN], samples[caseText]; len(yarn) > 0 && len(text) > 0 {
		fmt.Fprintf(w, "to HDFS on YARN against local text: %.2f of the rows/s\n", median(text, wallOf).Seconds()/median(yarn, wallOf).Seconds())
	}
}

func line(c testCase, list, client []sample, start time.Duration) string {
	wall, cpu := median(list, wallOf), median(list, cpuOf)
	rate, perMillion, ratio := "-", "-", "-"
	if c.rows > 1000 {
		rate = fmt.Sprintf("%.2f M", float64(c.rows)/wall.Seconds()/1e6)
		if c.args == nil {
			cpu -= start
		}
		perMillion = fmt.Sprintf("%.2f", cpu.Seconds()/float64(c.rows)*1e6)
		if len(client) > 0 {
			ratio = fmt.Sprintf("%.2f", median(client, wallOf).Seconds()/wall.Seconds())
		}
	}
	return fmt.Sprintf("| %s | %.2f | %s | %s | %.0f | %s |", c.title, wall.Seconds(), rate, perMillion, float64(median(list, peakOf))/(1<<20), ratio)
}
