package sched

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// A transcript is a story: blocks of events, one a line, and under a dashed line
// what the machine does, one effect a line; "status" shows the state after "=>".
// Rewrite them with
//
//	go test ./am/sched -run Transcripts -rewrite
//
// and commit the difference only if you understand it.
var rewrite = flag.Bool("rewrite", false, "write what the machine does into the transcripts")

func TestTranscripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(data))
			if *rewrite {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(data), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s tells another story (-file +machine):\n%s", name, diff)
			}
		})
	}
}

// play runs a transcript and returns it with the machine's own answers.
func play(t *testing.T, text string) string {
	t.Helper()
	s := &stage{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		events, _, _ := strings.Cut(block, "\n----")
		out.WriteString(events + "\n")
		if strings.HasPrefix(events, "#") && !strings.Contains(events, "\n") {
			continue // a remark on its own
		}
		out.WriteString("----\n")
		for line := range strings.SplitSeq(events, "\n") {
			if !strings.HasPrefix(line, "#") {
				out.WriteString(s.play(line))
			}
		}
	}
	return out.String()
}

// stage plays one transcript.
type stage struct {
	t   *testing.T
	now time.Time
	m   *Machine
	id  uint64
}

// line is one event taken apart: a verb, plain words, and key=value pairs.
type line struct {
	t     *testing.T
	verb  string
	words []string
	keys  map[string]string
}

func parseLine(t *testing.T, text string) *line {
	l := &line{t: t, keys: map[string]string{}}
	for i, word := range strings.Fields(text) {
		key, value, ok := strings.Cut(word, "=")
		switch {
		case i == 0:
			l.verb = word
		case ok:
			l.keys[key] = value
		default:
			l.words = append(l.words, word)
		}
	}
	return l
}

func (l *line) text(key, otherwise string) string {
	if v, ok := l.keys[key]; ok {
		return v
	}
	return otherwise
}

func (l *line) int(key string, otherwise int64) int64 {
	v, ok := l.keys[key]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		l.t.Fatalf("transcript: %s: %v", key, err)
	}
	return n
}

func (l *line) duration(key string, otherwise time.Duration) time.Duration {
	v, ok := l.keys[key]
	if !ok {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		l.t.Fatalf("transcript: %s: %v", key, err)
	}
	return d
}

// play steps the machine by one line and renders what it does.
func (s *stage) play(text string) string {
	l := parseLine(s.t, text)
	switch l.verb {
	case "job":
		s.m = New(Config{Run: "r", Generation: l.int("generation", 1), Slots: int(l.int("slots", 1)),
			SlotsPerContainer: int(l.int("per-container", 1)), MaxAttempts: int(l.int("max-attempts", 4)),
			Limit: job.ErrorLimit{Record: l.int("record", 0), Percentage: float64(l.int("percentage", -1)),
				Dialect: plugins.Dialect(l.text("dialect", "native"))}})
		s.step(Contact{})
		s.step(Planned{Splits: starts(l)})
		return s.step(Fenced{})
	case "successor":
		s.m = New(Config{Run: "r", Generation: l.int("generation", 2), Slots: int(l.int("slots", 1)),
			SlotsPerContainer: int(l.int("per-container", 1)), Limit: job.ErrorLimit{Record: l.int("record", 0), Percentage: -1}})
		return ""
	case "planned":
		ev := Planned{Splits: starts(l), Fenced: l.int("fenced", 0)}
		for _, word := range l.words { // spared attempts as generation/split/number
			var id job.AttemptID
			if _, err := fmt.Sscanf(word, "%d/%d/%d", &id.Generation, &id.Split, &id.Number); err != nil {
				s.t.Fatalf("transcript: attempt %q: %v", word, err)
			}
			ev.Spared = append(ev.Spared, id)
		}
		return s.step(ev)
	case "planning":
		s.m = New(Config{Run: "r", Generation: 1})
		return s.step(Contact{})
	case "after":
		d, err := time.ParseDuration(l.words[0])
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
		if l.text("rm", "heard") == "silent" {
			return s.step(Tick{})
		}
		return s.step(Contact{}) + s.step(Tick{})
	case "status":
		return s.status()
	}
	return s.step(s.event(l))
}

func starts(l *line) []Start {
	var all []Start
	for i := range int(l.int("splits", 1)) {
		all = append(all, Start{ID: i, Weight: l.int(fmt.Sprintf("weight%d", i), -1),
			Attempts: int(l.int(fmt.Sprintf("attempts%d", i), 0)), Failures: int(l.int(fmt.Sprintf("failures%d", i), 0)),
			Next: int(l.int(fmt.Sprintf("next%d", i), 0)), From: plugins.Position(l.text(fmt.Sprintf("from%d", i), "")), Done: l.text(fmt.Sprintf("done%d", i), "") == "yes",
			Counters: plugins.Counters{RowsDirty: l.int(fmt.Sprintf("dirty%d", i), 0)}})
	}
	return all
}

func (s *stage) event(l *line) Event {
	word := func(i int) string {
		if i < len(l.words) {
			return l.words[i]
		}
		s.t.Fatalf("transcript: %s wants %d words", l.verb, i+1)
		return ""
	}
	why := Why{Reason: plugins.Reason(strings.ReplaceAll(l.text("reason", ""), "-", " ")), Cause: l.text("cause", l.verb)}
	switch l.verb {
	case "granted":
		return Granted{Container: word(0), Node: l.text("node", "n1")}
	case "kept":
		return Kept{Container: word(0), Node: l.text("node", "n1")}
	case "fenced":
		return Fenced{}
	case "preempting":
		return Preempting{Strict: list(l.text("strict", "")), Negotiable: list(l.text("negotiable", ""))}
	case "start-failed":
		return StartFailed{Container: word(0), Cause: why.Cause}
	case "gone":
		return Gone{Container: word(0), Exit: int(l.int("exit", 0)), Cause: l.text("cause", "")}
	case "contact":
		return Contact{}
	case "tick":
		return Tick{}
	case "broken":
		return Broken{Why: why}
	case "committed":
		return Committed{}
	case "commit-failed":
		return CommitFailed{Why: why}
	case "kill":
		return Kill{Grace: l.duration("grace", time.Minute), Reason: job.ReasonKilled, Cause: "killed by a test"}
	case "journalled":
		return Journalled{Split: int(l.int("split", 0)), Sequence: int(l.int("unit", 0))}
	}
	return s.call(l, word)
}

// call is an event that wants an answer; its id is shown as #n.
func (s *stage) call(l *line, word func(int) string) Event {
	s.id++
	stamp := umbilical.Stamp{Run: l.text("run", "r"), Generation: l.int("generation", s.m.config.Generation),
		Split: int(l.int("split", 0)), Attempt: int(l.int("attempt", 1))}
	counters := plugins.Counters{RowsRead: l.int("rows", 0), RowsDirty: l.int("dirty", 0)}
	counters.RowsWritten = counters.RowsRead - counters.RowsDirty - l.int("vanished", 0)
	var codes map[plugins.RowCode]int64
	if counters.RowsDirty > 0 {
		codes = map[plugins.RowCode]int64{plugins.RowOverflow: counters.RowsDirty}
	}
	switch l.verb {
	case "wants":
		return Wants{ID: s.id, Want: umbilical.Want{Run: l.text("run", "r"), Container: word(0), Slot: int(l.int("slot", 0))}}
	case "reports":
		stamp.Container = word(0)
		here := umbilical.Place{Unit: int(l.int("unit", 0)), From: plugins.Position(l.text("from", ""))}
		return Reported{ID: s.id, Progress: umbilical.Progress{Stamp: stamp, Place: here, Counters: counters, Dirty: codes,
			Accepted: umbilical.Place{Unit: int(l.int("accepted", int64(here.Unit))),
				From: plugins.Position(l.text("accepted-from", string(here.From)))}}}
	case "offers":
		stamp.Container = word(0)
		u := plugins.Unit{Sequence: int(l.int("unit", 0)), Last: l.text("last", "no") == "yes", Counters: counters,
			Position: plugins.Position(l.text("position", fmt.Sprintf("p%d", l.int("unit", 0)+1)))}
		return Offered{ID: s.id, Sealed: umbilical.Sealed{Stamp: stamp,
			Manifest: plugins.Manifest{Unit: u, Split: stamp.Split, Number: stamp.Attempt, Generation: stamp.Generation}}}
	case "ends":
		stamp.Container = word(0)
		return Ended{ID: s.id, Ending: umbilical.Ending{Stamp: stamp, Outcome: umbilical.Outcome(word(1)),
			Class: classes[l.text("class", "permanent")], Cause: l.text("cause", "boom"), Dirty: codes}}
	}
	s.t.Fatalf("transcript: no event %q", l.verb)
	return nil
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

var classes = map[string]plugins.Class{"permanent": plugins.Permanent, "transient": plugins.Transient,
	"lost": plugins.Lost, "fatal": plugins.Fatal, "bug": plugins.Bug}

func (s *stage) step(ev Event) string {
	var out strings.Builder
	for _, e := range s.m.Step(s.now, ev) {
		out.WriteString(render(e) + "\n")
	}
	return out.String()
}

// render says an effect in words.
func render(e Effect) string {
	switch e := e.(type) {
	case Ask:
		return fmt.Sprintf("ask %d", e.Containers)
	case Launch:
		return fmt.Sprintf("launch %s on %s", e.Container, e.Node)
	case Release:
		return "release " + e.Container
	case Stop:
		return "stop " + e.Container
	case GiveBack:
		return "give back " + e.Container
	case Adopt:
		return fmt.Sprintf("adopt %v and fence", e.Attempts)
	case Exclude:
		return "exclude " + e.Node
	case Assign:
		return fmt.Sprintf("#%d: split %d attempt %d from %q unit %d, 1/%d of the limits", e.ID, e.Split, e.Attempt, e.From, e.Sequence, e.Sharers)
	case Wait:
		return fmt.Sprintf("#%d: wait", e.ID)
	case Leave:
		return fmt.Sprintf("#%d: leave", e.ID)
	case Instruct:
		return fmt.Sprintf("#%d: %s", e.ID, e.Directive)
	case Accept:
		return fmt.Sprintf("journal split %d unit %d", e.Manifest.Split, e.Manifest.Sequence)
	case Judge:
		return fmt.Sprintf("#%d: %s", e.ID, e.Verdict)
	case Spend:
		return fmt.Sprintf("journal failure of split %d attempt %d: %s", e.Split, e.Attempt, e.Cause)
	case Commit:
		return "commit"
	case Finish:
		text := "finish " + string(e.State)
		if e.Why.Reason != "" {
			text += " [" + string(e.Why.Reason) + "]"
		}
		return strings.TrimRight(text+" "+e.Why.Cause, " ")
	}
	return fmt.Sprintf("%T", e)
}

// status renders what can be seen from outside.
func (s *stage) status() string {
	var out strings.Builder
	st := s.m.Status()
	fmt.Fprintf(&out, "=> %s, %d containers, read %d dirty %d\n", st.Phase, st.Containers,
		st.Accepted.RowsRead+st.Live.RowsRead, st.Accepted.RowsDirty+st.Live.RowsDirty)
	for _, sp := range st.Splits {
		fmt.Fprintf(&out, "=> split %d %s attempt %d failures %d\n", sp.ID, sp.State, sp.Attempt, sp.Failures)
	}
	return out.String()
}
