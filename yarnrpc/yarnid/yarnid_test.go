package yarnid

import (
	"slices"
	"testing"
)

func TestTextForms(t *testing.T) {
	app := Application{1764000000000, 7}
	attempt := Attempt{app, 2}
	for _, c := range []struct{ got, want string }{
		{app.String(), "application_1764000000000_0007"},
		{Application{1, 123456}.String(), "application_1_123456"},
		{attempt.String(), "appattempt_1764000000000_0007_000002"},
		{Container{attempt, 1}.String(), "container_1764000000000_0007_02_000001"},
		{Container{attempt, 3<<40 | 12}.String(), "container_e03_1764000000000_0007_02_000012"},
		{Node{"n1", 8041}.String(), "n1:8041"},
		{Node{"::1", 8041}.String(), "[::1]:8041"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	c, err := ParseContainer("container_e03_1764000000000_0007_02_000012")
	if err != nil || c.Epoch() != 3 || c.Number() != 12 || c.Attempt.Number != 2 || c.Attempt.App.Sequence != 7 {
		t.Errorf("container: %+v, %v", c, err)
	}
	a, err := ParseAttempt("appattempt_1764000000000_0007_000002")
	if err != nil || a != c.Attempt {
		t.Errorf("attempt: %+v, %v", a, err)
	}
	app, err := ParseApplication("application_1764000000000_0007")
	if err != nil || app != a.App {
		t.Errorf("application: %+v, %v", app, err)
	}
	n, err := ParseNode("[::1]:45454")
	if err != nil || n != (Node{"::1", 45454}) {
		t.Errorf("node: %+v, %v", n, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "application_1", "application_1_2_3", "application_x_1", "application_1_99999999999", "app_1_2", "application_-1_2", "application_+1_2"} {
		if _, err := ParseApplication(s); err == nil {
			t.Errorf("application %q: no error", s)
		}
	}
	for _, s := range []string{"container_e_1_1_1_1", "container_e99999999_1_1_1_1", "container_1_1_1", "container_1_1_1_1099511627776", "e1"} {
		if _, err := ParseContainer(s); err == nil {
			t.Errorf("container %q: no error", s)
		}
	}
	for _, s := range []string{"n1", ":1", "n1:", "n1:70000", "n1:-1"} {
		if _, err := ParseNode(s); err == nil {
			t.Errorf("node %q: no error", s)
		}
	}
}

func TestCompareOrdersByEpochFirst(t *testing.T) {
	a := Attempt{Application{1, 1}, 1}
	ids := []Container{{a, 1<<40 | 1}, {Attempt{a.App, 2}, 1}, {a, 9}}
	slices.SortFunc(ids, Compare)
	if want := []Container{{a, 9}, {a, 1<<40 | 1}, {Attempt{a.App, 2}, 1}}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
}

func FuzzParseContainer(f *testing.F) {
	f.Add("container_e03_1764000000000_0007_02_000012")
	f.Add("container_1764000000000_0007_02_000001")
	f.Add("container_e00_1_1_1_1")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseContainer(s)
		if err != nil {
			return
		}
		again, err := ParseContainer(c.String())
		if err != nil || again != c {
			t.Errorf("%q: %+v, again %+v, %v", s, c, again, err)
		}
	})
}
