package applog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestTrap28_FoldersOfAllReleases(t *testing.T) {
	a := Aggregated{Root: "/tmp/logs", User: "ann"}
	want := []string{"/tmp/logs/ann/bucket-logs-tfile/0042/application_1_10042",
		"/tmp/logs/ann/logs-tfile/application_1_10042",
		"/tmp/logs/ann/bucket-logs/0042/application_1_10042", "/tmp/logs/ann/logs/application_1_10042"}
	if diff := cmp.Diff(want, a.candidates("application_1_10042")); diff != "" {
		t.Error(diff)
	}
}

const footer = "End of LogType:stderr.This log file belongs to a running container\n****\n\n"

func TestFrame(t *testing.T) {
	long := strings.Repeat("line\nEnd of LogType: not yet\n", 2000)
	for _, log := range []string{"", "boom", "boom\n", "\n", "a\nEnd of LogType: b\nc\n", "End of LogType:x\n", long} {
		header := "Container: c on n\nLogType:stderr\nLogLength:" + fmt.Sprint(len(log)) + "\nLogContents:\n"
		checkFrame(t, "sized", header+log+footer, log)
	}
	// Without a length the footer tells; it begins a line.
	for _, log := range []string{"", "boom\n", "a\nEnd of LogType: b\nc\n", long} {
		checkFrame(t, "unsized", "LogType:stderr\nLogContents:\n"+log+footer, log)
	}
	checkFrame(t, "bare", "no header at all\n", "no header at all\n")
	checkFrame(t, "cut", "LogLength:100\nLogContents:\nonly this", "only this")
	checkFrame(t, "odd length", "LogLength:-3\nLogContents:\nx\n"+footer, "x\n")
}

func checkFrame(t *testing.T, name, served, want string) {
	t.Helper()
	for how, r := range map[string]io.Reader{"whole": strings.NewReader(served), "bytewise": iotest.OneByteReader(strings.NewReader(served))} {
		got, err := io.ReadAll(&frame{r: r})
		if err != nil || string(got) != want {
			t.Errorf("%s, %s: %.40q came back as %.40q, %v", name, how, want, got, err)
		}
	}
}

// A frame hands out nothing that it was not given, in the order it was given.
func FuzzFrame(f *testing.F) {
	f.Add("LogLength:4\nLogContents:\nboom" + footer)
	f.Add("LogContents:\nboom\n" + footer)
	f.Add("LogLength:99999999999999999999\nLogContents:\n")
	f.Add("boom")
	f.Fuzz(func(t *testing.T, served string) {
		got, err := io.ReadAll(&frame{r: strings.NewReader(served)})
		if err != nil || !strings.Contains(served, string(got)) {
			t.Fatalf("%q became %q, %v", served, got, err)
		}
	})
}

func TestRunning(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ws/v1/node/containers/c1/logs":
			fmt.Fprint(w, `{"containerLogsInfo":[{"containerLogInfo":[{"fileName":"stderr"},{"fileName":"stdout"}]}]}`)
		case "/ws/v1/node/containers/old/logs":
			fmt.Fprint(w, `{"containerLogsInfo":{"containerLogInfo":{"fileName":"stderr"}}}`)
		case "/ws/v1/node/containers/c1/logs/stderr", "/ws/v1/node/containers/c1/logs/stdout", "/ws/v1/node/containers/old/logs/stderr":
			fmt.Fprintf(w, "LogContents:\n%s\nEnd of LogType:x\n", r.URL.Path)
		default:
			http.Error(w, "Container is not\nfound", http.StatusNotFound)
		}
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	seen := ""
	collect := func(container, name string, log io.Reader) error {
		text, err := io.ReadAll(log)
		seen += container + " " + name + " " + strings.TrimSpace(string(text)) + "\n"
		return err
	}
	for _, c := range []struct{ container, at string }{{"c1", address}, {"old", server.URL}} {
		if err := Running(context.Background(), server.Client(), c.at, c.container, collect); err != nil {
			t.Fatal(err)
		}
	}
	want := "c1 stderr /ws/v1/node/containers/c1/logs/stderr\nc1 stdout /ws/v1/node/containers/c1/logs/stdout\n" +
		"old stderr /ws/v1/node/containers/old/logs/stderr\n"
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	err := Running(context.Background(), server.Client(), address, "gone", collect)
	if err == nil || !strings.Contains(err.Error(), "404 Not Found: Container is not found") {
		t.Errorf("got %v", err)
	}
}

func TestVisitErrorEndsTheSearch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"containerLogsInfo":{"containerLogInfo":{"fileName":"stderr"}}}`)
	}))
	defer server.Close()
	stop := errors.New("stop")
	err := Running(context.Background(), server.Client(), strings.TrimPrefix(server.URL, "http://"), "c", func(string, string, io.Reader) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
