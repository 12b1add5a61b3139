package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"weft/test/cluster"
)

// status says what runs.
func status(_ context.Context, h home, args []string) error {
	if err := noArguments("status", args); err != nil {
		return err
	}
	s, err := h.read()
	if err != nil {
		return err
	}
	s.print(os.Stdout)
	return nil
}

func (s state) print(w io.Writer) {
	fmt.Fprintf(w, "hdfs       %s   (%s)\n", s.HDFS, s.NNWeb)
	fmt.Fprintf(w, "yarn       %s\n", s.RMWeb)
	fmt.Fprintf(w, "nodes      %s\n", strings.Join(s.Nodes, " "))
	fmt.Fprintf(w, "conf dir   %s\n", s.ConfDir)
	fmt.Fprintf(w, "logs       %s/log\n", s.WorkDir)
	fmt.Fprintf(w, "database   %s   (%s)\n", s.DSN, s.Database)
	fmt.Fprintf(w, "since      %s, held by process %d\n", s.Since.Format("15:04:05"), s.PID)
}

// env prints what a shell needs to use the servers.
func env(_ context.Context, h home, args []string) error {
	if err := noArguments("env", args); err != nil {
		return err
	}
	s, err := h.read()
	if err != nil {
		return err
	}
	for _, v := range []struct{ name, value string }{
		{"HADOOP_CONF_DIR", s.ConfDir},
		{"WEFT_DEV_HDFS", s.HDFS},
		{"WEFT_DEV_NN_WEB", s.NNWeb},
		{"WEFT_DEV_RM_WEB", s.RMWeb},
		{"WEFT_DEV_MYSQL_DSN", s.DSN},
		{"WEFT_DEV_MYSQL_URL", fmt.Sprintf("jdbc:mysql://%s:%d/%s", s.Host, s.Port, cluster.DatabaseSchema)},
		{"WEFT_DEV_MYSQL_HOST", s.Host},
		{"WEFT_DEV_MYSQL_PORT", fmt.Sprint(s.Port)},
		{"WEFT_DEV_MYSQL_USER", cluster.DatabaseUser},
		{"WEFT_DEV_MYSQL_PASSWORD", cluster.DatabasePassword},
		{"WEFT_DEV_MYSQL_CA", s.CAFile},
	} {
		fmt.Printf("export %s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
	return nil
}
