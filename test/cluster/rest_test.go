package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hungry maps 512 MB of addresses, touches little of them and stays for two rounds of the NodeManager's monitor.
const hungry = `perl -e 'syscall(9,0,512<<20,3,34,-1,0) != -1 or exit 8; select undef,undef,undef,8'`

// call makes one call of the ResourceManager's REST API and decodes the answer into v unless it is nil.
func call(ctx context.Context, t *testing.T, method, url, body string, v any) {
	t.Helper()
	if err := tryCall(ctx, method, url, body, v); err != nil {
		t.Fatal(err)
	}
}

func tryCall(ctx context.Context, method, url, body string, v any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := loopback.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(text, v)
}

// submit starts an application whose AM container runs command, and returns its id.
func submit(ctx context.Context, t *testing.T, h *Hadoop, command string, memoryMB int) string {
	t.Helper()
	id, err := trySubmit(ctx, h, command, memoryMB)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func trySubmit(ctx context.Context, h *Hadoop, command string, memoryMB int) (string, error) {
	var made struct {
		ID string `json:"application-id"`
	}
	if err := tryCall(ctx, http.MethodPost, h.RMWeb+"/ws/v1/cluster/apps/new-application?user.name="+h.Superuser(), "", &made); err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{
		"application-id": made.ID, "application-name": "probe", "application-type": "PROBE", "max-app-attempts": 1,
		"resource":          map[string]int{"memory": memoryMB, "vCores": 1},
		"am-container-spec": map[string]any{"commands": map[string]string{"command": command}},
	})
	if err != nil {
		return "", err
	}
	return made.ID, tryCall(ctx, http.MethodPost, h.RMWeb+"/ws/v1/cluster/apps?user.name="+h.Superuser(), string(body), nil)
}

type appReport struct{ State, Diagnostics string }

func appState(ctx context.Context, t *testing.T, h *Hadoop, id string) appReport {
	t.Helper()
	var answer struct{ App appReport }
	call(ctx, t, http.MethodGet, h.RMWeb+"/ws/v1/cluster/apps/"+id, "", &answer)
	return answer.App
}

// waitDiagnosis waits for the end of an application and checks what YARN says about it.
func waitDiagnosis(ctx context.Context, t *testing.T, h *Hadoop, id, want string) {
	t.Helper()
	err := Await(ctx, 90*time.Second, "end of "+id, func(ctx context.Context) error {
		app := appState(ctx, t, h, id)
		if app.State != "FAILED" {
			return fmt.Errorf("it is %s", app.State)
		}
		if !strings.Contains(app.Diagnostics, want) {
			t.Errorf("diagnosis %q does not contain %q", app.Diagnostics, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// processesOf finds the processes in whose environment one of the prefixes starts a variable, zombies left out.
func processesOf(prefixes ...string) []int {
	var pids []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && anyVariable(environ, prefixes) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func anyVariable(environ []byte, prefixes []string) bool {
	for _, v := range bytes.Split(environ, []byte{0}) {
		for _, p := range prefixes {
			if bytes.HasPrefix(v, []byte(p)) {
				return true
			}
		}
	}
	return false
}

// waitContainer waits for a container whose command line begins with the given words.
func waitContainer(ctx context.Context, t *testing.T, h *Hadoop, words ...string) Container {
	t.Helper()
	var found Container
	err := Await(ctx, time.Minute, "container", func(context.Context) error {
		all, err := h.Containers()
		if err != nil {
			return err
		}
		for _, c := range all {
			if strings.HasPrefix(strings.Join(c.Args, " "), strings.Join(words, " ")) {
				found = c
				return nil
			}
		}
		return fmt.Errorf("there are %+v", all)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
