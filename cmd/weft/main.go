package main

import (
	"context"
	"os"
	_ "time/tzdata" // container hosts may lack a zone database
)

func main() {
	e := &env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	ctx, stop := untilSignal(context.Background(), os.Exit)
	code := e.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
