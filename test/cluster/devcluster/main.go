// Devcluster starts and stops a Hadoop and a MySQL-like server by hand, for trying things out and for the demo. What it
// starts runs on after it and is stopped by "down"; should the process that holds it be killed, everything it started
// is ended too. scripts/devcluster builds and runs it.
//
//	scripts/devcluster up
//	eval "$(scripts/devcluster env)"
//	scripts/devcluster load --rows 1000000 --table orders wide
//	scripts/devcluster down
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// errDifferent makes the exit code of compare.
var errDifferent = errors.New("table and files differ")

// verb is one word of the command line.
type verb struct {
	name, args, help string
	run              func(ctx context.Context, home home, args []string) error
}

func verbs() []verb {
	return []verb{
		{"up", "[--nodes N] [--memory-enforced] [--database mariadb|mysql]", "start HDFS, YARN and a database", up},
		{"down", "", "stop exactly what up started", down},
		{"env", "", "print shell exports: HADOOP_CONF_DIR, WEFT_DEV_*", env},
		{"status", "", "say what runs; exit code 1 when nothing does", status},
		{"load", "[--rows N] [--table T] wide|bench", "create and fill a generated table", load},
		{"compare", "--table T (--path HDFS | --local DIR) [more, see -h]", "compare a table with text files; exit code 4 when they differ", compareTable},
		{"ls", "HDFS-PATH", "list the files below an HDFS folder that readers see", list},
		{"serve", "", "", serve}, // what up starts in the background
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errDifferent):
		os.Exit(4)
	case err != nil:
		fmt.Fprintln(os.Stderr, "devcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || args[0] == "help" {
		usage()
		return flag.ErrHelp
	}
	h, err := findHome()
	if err != nil {
		return err
	}
	for _, v := range verbs() {
		if v.name == args[0] {
			return v.run(ctx, h, args[1:])
		}
	}
	usage()
	return fmt.Errorf("no verb %q", args[0])
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: devcluster VERB ...    its state lies in $WEFT_DEVCLUSTER or the user's cache folder")
	for _, v := range verbs() {
		if v.help != "" {
			fmt.Fprintf(os.Stderr, "  %-8s %s\n           %s\n", v.name, v.args, v.help)
		}
	}
}

// flags makes the flag set of a verb.
func flags(name string) *flag.FlagSet {
	return flag.NewFlagSet("devcluster "+name, flag.ContinueOnError)
}
