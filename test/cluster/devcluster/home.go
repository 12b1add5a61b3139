package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"weft/test/cluster"
)

// home is the folder with the state of one devcluster:
//
//	lock         held by the process that holds the servers, as long as it lives
//	state.json   what runs; written when all of it serves, removed when it is stopped
//	serve.log    what that process had to say
type home string

func findHome() (home, error) {
	if dir := os.Getenv("WEFT_DEVCLUSTER"); dir != "" {
		abs, err := filepath.Abs(dir)
		return home(abs), err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find state folder: %w: set WEFT_DEVCLUSTER", err)
	}
	return home(filepath.Join(cache, "weft-devcluster")), nil
}

func (h home) file(name string) string { return filepath.Join(string(h), name) }

// lock takes the home for this process; cluster.ErrLocked means that a devcluster is up.
func (h home) lock() (io.Closer, error) { return cluster.TryLock(h.file("lock")) }

// state is what the other verbs must know.
type state struct {
	PID      int       `json:"pid"` // of the process that holds the servers
	Since    time.Time `json:"since"`
	ConfDir  string    `json:"confDir"`
	WorkDir  string    `json:"workDir"`
	HDFS     string    `json:"hdfs"`
	NNWeb    string    `json:"nnWeb"`
	RMWeb    string    `json:"rmWeb"`
	User     string    `json:"user"` // HDFS superuser
	Nodes    []string  `json:"nodes"`
	Database string    `json:"database"` // version
	Host     string    `json:"host"`
	Port     int       `json:"port"`
	DSN      string    `json:"dsn"`
	CAFile   string    `json:"caFile"`
}

// errDown says that nothing is up.
var errDown = errors.New("not up: devcluster up starts it")

// read returns the state of a devcluster that is up. The lock tells the living from what a crash left behind.
func (h home) read() (state, error) {
	held, err := h.lock()
	if err == nil {
		held.Close()
		return state{}, errDown
	}
	if !errors.Is(err, cluster.ErrLocked) {
		return state{}, err
	}
	text, err := os.ReadFile(h.file("state.json"))
	if errors.Is(err, os.ErrNotExist) {
		return state{}, fmt.Errorf("starting or stopping, see %s", h.file("serve.log"))
	}
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, fmt.Errorf("read %s: %w", h.file("state.json"), err)
	}
	return s, nil
}

// write publishes the state whole.
func (h home) write(s state) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(h.file("state.new"), text, 0o600); err != nil {
		return err
	}
	return os.Rename(h.file("state.new"), h.file("state.json"))
}
