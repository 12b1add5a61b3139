package am

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"weft/am/dirtytable"
	"weft/am/sched"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/plugins"
)

// Dirty says how the dirty rows of a run get to where its setting.dirty wants
// them.
type Dirty struct {
	// Open finds file systems.
	Open dirtytable.Open
	// User is who acts on the metastore.
	User string
	// Scrub masks secrets; nil masks nothing.
	Scrub func(string) string
}

// lay lays out the dirty rows of accepted units. It may be repeated.
func (m *Master) lay(ctx context.Context, units []plugins.Manifest) error {
	to := m.o.Spec.Setting.Dirty
	if !to.Wanted() {
		return nil
	}
	if err := m.awaitWindow(ctx); err != nil { // not on the time of dirty.deadline
		return err
	}
	began, err := m.folder.Began(ctx)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(m.o.Spec.Setting.Zone)
	if err != nil {
		return err
	}
	o := dirtytable.Options{Run: m.o.Run, Application: m.o.Application, Job: m.o.Spec.Name, Generation: m.store.Generation(),
		Began: began.In(zone), To: to, From: m.folder.FS, FromDir: m.folder.DirtyDir(), Units: units,
		Open: m.o.Dirty.Open, User: m.o.Dirty.User, Scrub: m.o.Dirty.Scrub, Current: func() error { return m.awaitWindow(ctx) }, Log: m.o.Log}
	if o.Open == nil {
		return &plugins.Error{Class: plugins.Bug, Err: errors.New("nobody opens the file systems of setting.dirty")}
	}
	if o.Scrub == nil {
		o.Scrub = func(text string) string { return text }
	}
	o.Sources, o.Keys = m.sources()
	place, err := dirtytable.Run(ctx, o)
	if err != nil {
		return m.notLaid(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirty = place
	return nil
}

// notLaid says that everything is safe, and what to do. What may pass has one
// code, whoever it was that did not answer.
func (m *Master) notLaid(err error) error {
	if errors.Is(err, ErrNotCurrent) {
		return err
	}
	class, reason := plugins.ClassOf(err), plugins.ReasonOf(err)
	if class == plugins.Transient || class == plugins.Lost || reason == plugins.ReasonUnknown {
		reason = job.ReasonDirtyRows
	}
	return &plugins.Error{Class: class, Reason: reason, Op: "lay out dirty rows", Err: err,
		Hint: "nothing is lost: all rows are safe, the dirty ones in the run folder; `weft resume " + m.o.Run + "` goes on here when this is mended"}
}

// atEnd says of a run that did not succeed what there is to say of its dirty
// rows. It comes before the last heartbeat.
func (m *Master) atEnd(ctx context.Context) {
	why := &m.final.Why
	if m.final.State == job.StateSucceeded || why.Reason == plugins.ReasonFenced || m.plan == nil || ctx.Err() != nil {
		return
	}
	m.layAtEnd(ctx, why)
	if why.Reason == job.ReasonErrorLimit {
		m.explainLimit(ctx, why)
	}
}

// explainLimit names the query that shows the rows, and the causes as the
// accepted units have them: what this generation has seen may be the least.
func (m *Master) explainLimit(ctx context.Context, why *sched.Why) {
	if why.Hint == "" {
		why.Hint = m.dirtyHint()
	}
	state, err := checkpoint.Look(ctx, m.folder)
	if err == nil {
		var causes string
		causes, err = dirtytable.Causes(ctx, m.folder.FS, m.folder.DirtyDir(), state.Units(len(m.plan.Splits)))
		if causes != "" {
			why.Cause += "; sealed: " + causes
		}
	}
	if err != nil {
		m.o.Log.Warn("causes of dirty rows not counted", "err", err)
	}
}

// layAtEnd lays out the dirty rows of a run that did not succeed: theirs are the
// ones that people look for. Only what the journal itself says was accepted
// counts. Its failure changes nothing about why the run ended, it is added.
func (m *Master) layAtEnd(ctx context.Context, why *sched.Why) {
	if why.Reason == job.ReasonDirtyRows || !m.o.Spec.Setting.Dirty.Wanted() {
		return
	}
	if why.Reason == job.ReasonKilled { // somebody waits for the end
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, killedPatience, fmt.Errorf("a killed run tries it for %s only", killedPatience))
		defer cancel()
	}
	state, err := checkpoint.Look(ctx, m.folder)
	if err == nil {
		err = m.lay(ctx, state.Units(len(m.plan.Splits)))
	}
	if errors.Is(err, ErrNotCurrent) {
		why.Reason, why.Cause = plugins.ReasonFenced, err.Error()
		return
	}
	if err != nil {
		m.o.Log.Error("dirty rows of the failed run", "err", err)
		why.Cause += fmt.Sprintf("; and its dirty rows are in the run folder only: %v", err)
	}
}

// killedPatience is how long a killed run tries to lay out its dirty rows.
const killedPatience = 20 * time.Second

// dirtyHint says how to see the dirty rows.
func (m *Master) dirtyHint() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dirty != nil && m.dirty.Query != "" && len(m.dirty.Statements) == 0 {
		return m.dirty.Query + ";   or: weft dirty " + m.o.Run
	}
	return "weft dirty " + m.o.Run + " shows them"
}

// sources names the splits, and the columns that tell the rows of each apart as
// far as the reader knows them.
func (m *Master) sources() (names []string, keys [][]string) {
	side := m.o.Spec.Reader
	reader := m.keyed()
	for _, s := range m.plan.Splits {
		name := side.Plugin
		if what := subject(side.Config); what != "" {
			name += " " + what
		}
		if s.Label != "" {
			name += " (" + s.Label + ")"
		}
		names = append(names, name)
		var key []string
		if reader != nil {
			key = reader.Key(s)
		}
		keys = append(keys, key)
	}
	return names, keys
}

// keyed is the reader, if it knows keys; nil otherwise.
func (m *Master) keyed() plugins.Keyed {
	setup, err := m.o.Spec.Setup(m.o.Run, m.plan.Columns, m.plan.StartLocation)
	if err != nil {
		return nil
	}
	setup.Log = m.o.Log
	reader, err := m.o.Spec.Reader.NewReader(m.o.Registry, setup)
	if err != nil {
		return nil
	}
	known, _ := reader.(plugins.Keyed)
	return known
}

// subject is what a reader's settings call the thing they read: the only table,
// or the path. Empty where it has several, or another word for it.
func subject(config json.RawMessage) string {
	var c struct {
		Table      any `json:"table"`
		Path       any `json:"path"`
		Connection []struct{ Table any }
	}
	if json.Unmarshal(config, &c) != nil {
		return ""
	}
	candidates := []any{c.Table, c.Path}
	if len(c.Connection) == 1 {
		candidates = append(candidates, c.Connection[0].Table)
	}
	for _, v := range candidates {
		if list, ok := v.([]any); ok && len(list) == 1 {
			v = list[0]
		}
		if text, ok := v.(string); ok && text != "" {
			return text
		}
	}
	return ""
}
