package applog

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxListBytes bounds the NodeManager's answer that lists a container's logs.
const maxListBytes = 4 << 20

// Running visits the logs of a container on the NodeManager at address, through
// the web service of Hadoop 3 (NMWebServices.getContainerLogsInfo). The address
// is host:port of its web service, with http:// or https:// before it or not, as
// reports of YARN have it. The request ends with ctx.
func Running(ctx context.Context, client *http.Client, address, container string, visit Visit) error {
	names, err := listRunning(ctx, client, address, container)
	if err != nil {
		return fmt.Errorf("list logs of %s on %s: %w", container, address, err)
	}
	for _, name := range names {
		if err := fetchRunning(ctx, client, address, container, name, visit); err != nil {
			return fmt.Errorf("read log %s of %s on %s: %w", name, container, address, err)
		}
	}
	return nil
}

func listRunning(ctx context.Context, client *http.Client, address, container string) ([]string, error) {
	body, err := get(ctx, client, address, "/ws/v1/node/containers/"+url.PathEscape(container)+"/logs", "application/json")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxListBytes))
	if err != nil {
		return nil, err
	}
	return parseList(data)
}

// logList is one element of the answer. Releases before 3.3 give a single
// object where later ones give a list.
type logList struct {
	Info json.RawMessage `json:"containerLogInfo"`
}

type logInfo struct {
	Name string `json:"fileName"`
}

func parseList(data []byte) ([]string, error) {
	var answer struct {
		Lists json.RawMessage `json:"containerLogsInfo"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("list of logs: %w", err)
	}
	lists, err := oneOrMany[logList](answer.Lists)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, list := range lists {
		infos, err := oneOrMany[logInfo](list.Info)
		if err != nil {
			return nil, err
		}
		for _, info := range infos {
			names = append(names, info.Name)
		}
	}
	return names, nil
}

// oneOrMany decodes a JSON list, or a single value as a list of one.
func oneOrMany[T any](data json.RawMessage) ([]T, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	if data[0] != '[' {
		data = append(append(json.RawMessage{'['}, data...), ']')
	}
	var many []T
	if err := json.Unmarshal(data, &many); err != nil {
		return nil, fmt.Errorf("list of logs: %w", err)
	}
	return many, nil
}

func fetchRunning(ctx context.Context, client *http.Client, address, container, name string, visit Visit) error {
	body, err := get(ctx, client, address,
		"/ws/v1/node/containers/"+url.PathEscape(container)+"/logs/"+url.PathEscape(name), "text/plain")
	if err != nil {
		return err
	}
	defer body.Close()
	log := &frame{r: body}
	if err := visit(container, name, log); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, log)
	return err
}

func get(ctx context.Context, client *http.Client, address, path, accept string) (io.ReadCloser, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300)) // only for the message
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s", response.Status, strings.Join(strings.Fields(string(text)), " "))
	}
	return response.Body, nil
}
