// Floor is the smallest YARN application there is: an ApplicationMaster that
// asks for one container, runs true in it and unregisters. What it takes from
// submission to the end is what this cluster takes for anything; weft's own
// submit is measured against it.
//
//	HADOOP_CONF_DIR=... floor        submits and waits
//	floor am                         what YARN starts
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"weft/internal/hadoop"
	"weft/internal/submit"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/token"
)

// limit bounds the whole application.
const limit = 2 * time.Minute

// size of both containers.
var size = record.Resource{MemoryMB: 1024, VCores: 1}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	act := client
	if len(os.Args) > 1 && os.Args[1] == "am" {
		act = master
	}
	if err := act(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

// client submits and waits for the end.
func client(ctx context.Context) error {
	cluster, err := hadoop.Open(hadoop.Options{Env: os.LookupEnv})
	if err != nil {
		return err
	}
	defer cluster.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	staging := "/tmp/floor"
	binary, err := submit.Binary(ctx, cluster.Files, staging, self, fmt.Sprint(os.Getpid()))
	if err != nil {
		return err
	}
	if err := cluster.UploadConf(ctx, staging); err != nil {
		return err
	}
	files, err := cluster.LocalResources(ctx, binary.String(), staging)
	if err != nil {
		return err
	}
	yarn, err := cluster.RM()
	if err != nil {
		return err
	}
	defer yarn.Close()
	return runApplication(ctx, yarn, hadoop.Launch{Role: hadoop.RoleMaster, User: cluster.User, Files: files}.Context())
}

func runApplication(ctx context.Context, yarn *rm.Client, launch record.LaunchContext) error {
	reserved, err := yarn.NewApplication(ctx)
	if err != nil {
		return err
	}
	_, err = yarn.SubmitWait(ctx, rm.Submission{ID: reserved.ID, Name: "floor", Type: "FLOOR", Resource: size, Launch: launch, MaxAttempts: 1})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		report, err := yarn.Report(ctx, reserved.ID)
		if err != nil {
			return err
		}
		if report.State >= rm.StateFinished {
			if report.Final != record.FinalSucceeded {
				return fmt.Errorf("ended %v %v: %s", report.State, report.Final, report.Diagnostics)
			}
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %v: %w", reserved.ID, ctx.Err())
		}
	}
}

// master asks for a container, runs true in it and unregisters.
func master(ctx context.Context) error {
	conf, err := hadoopconf.Load(hadoop.ConfFolder, os.LookupEnv)
	if err != nil {
		return err
	}
	credentials, err := token.ReadFile(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return err
	}
	addresses, err := conf.ResourceManagers(hadoopconf.Scheduler)
	if err != nil {
		return err
	}
	line, err := amrm.New(yarnrpc.Options{Addresses: addresses}, credentials)
	if err != nil {
		return err
	}
	defer line.Close()
	nodes := nm.New(yarnrpc.Options{})
	defer nodes.Close()
	if _, err := line.Register(ctx, amrm.Registration{RPCPort: -1}); err != nil {
		return err
	}
	if err := oneContainer(ctx, line, nodes); err != nil {
		return errors.Join(err, line.Finish(ctx, amrm.Finish{Status: record.FinalFailed, Diagnostics: err.Error()}))
	}
	return line.Finish(ctx, amrm.Finish{Status: record.FinalSucceeded})
}

func oneContainer(ctx context.Context, line *amrm.Client, nodes *nm.Client) error {
	request := amrm.Request{Asks: []amrm.Ask{{Name: amrm.Anywhere, Count: 1, Resource: size}}}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		news, err := line.Allocate(ctx, request)
		if err != nil {
			return err
		}
		request = amrm.Request{}
		for _, t := range news.NMTokens {
			nodes.SetToken(t.Node, t.Token)
		}
		for _, grant := range news.Granted {
			if err := nodes.Start(ctx, grant, record.LaunchContext{Command: "exec true"}); err != nil {
				return err
			}
		}
		if len(news.Completed) > 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the container: %w", ctx.Err())
		}
	}
}
