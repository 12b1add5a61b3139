package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options of the command line.
type options struct {
	weft   string
	rows   int64
	rounds int
	only   string
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.weft, "weft", "bin/weft", "the binary to measure")
	flags.Int64Var(&o.rows, "rows", 5_000_000, "rows of the table")
	flags.IntVar(&o.rounds, "rounds", 3, "runs of each case; the median is printed")
	flags.StringVar(&o.only, "only", "", "names of cases, separated by commas; none: all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "load before: %s", load) // of others, who falsify what follows
	place, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer place.close()
	cases := place.cases()
	if err := place.warm(ctx, cases); err != nil {
		return err
	}
	samples := make(map[string][]sample)
	for round := range o.rounds {
		for _, c := range cases {
			if !o.wants(c.name) {
				continue
			}
			s, err := place.measure(ctx, c)
			if err != nil {
				return fmt.Errorf("case %s, round %d: %w", c.name, round+1, err)
			}
			samples[c.name] = append(samples[c.name], s)
			fmt.Fprintf(os.Stderr, "%-12s round %d  %6.2fs wall  %6.2fs cpu\n", c.name, round+1, s.Wall.Seconds(), s.CPU.Seconds())
		}
	}
	size, err := os.Stat(place.weft)
	if err != nil {
		return err
	}
	print(os.Stdout, o, cases, samples)
	fmt.Printf("the binary: %.1f MB\n", float64(size.Size())/1e6)
	return nil
}

// wants says whether a case was asked for; what the others are compared with
// always runs, and so does what makes the files that another reads.
func (o options) wants(name string) bool {
	asked := strings.Split(o.only, ",")
	switch name {
	case caseStart, caseClient:
		return true
	case caseLoad:
		return o.only == "" || slices.Contains(asked, name) || slices.Contains(asked, caseIn) || slices.Contains(asked, caseInPlain)
	case caseYARN:
		return o.only == "" || slices.Contains(asked, name) || slices.Contains(asked, caseHDFSRead)
	}
	return o.only == "" || slices.Contains(asked, name)
}
