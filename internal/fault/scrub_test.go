package fault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"weft/plugins"
)

// canary has every character that some encoding changes.
const canary = `cänary "x'\ /+@:%1`

func TestScrubberKnowsEveryForm(t *testing.T) {
	var s Scrubber
	s.Add(canary, "cän", "", "canary-inside-cänary")
	for _, form := range []string{
		canary, fmt.Sprintf("%q", canary), url.QueryEscape(canary), url.PathEscape(canary),
		url.UserPassword("u", canary).String(), strings.ReplaceAll(canary, "'", "''"),
		base64.StdEncoding.EncodeToString([]byte(canary)), base64.RawURLEncoding.EncodeToString([]byte(canary)),
		fmt.Sprintf("%x", canary), "mysql: access denied (" + canary + canary + ")",
	} {
		got := s.Text("before " + form + " after")
		if !strings.Contains(got, plugins.SecretMask) || strings.Contains(got, "nary") {
			t.Errorf("%q became %q", form, got)
		}
	}
	if got := s.Text("nothing to hide"); got != "nothing to hide" {
		t.Errorf("changed to %q", got)
	}
	if got := new(Scrubber).Text(canary); got != canary {
		t.Errorf("an empty scrubber changed it to %q", got)
	}
}

func TestScrubbedLog(t *testing.T) {
	var s Scrubber
	var out bytes.Buffer
	s.Add("geheim-4711")
	log := slog.New(s.Handler(slog.NewTextHandler(&out, nil))).With("with", "geheim-4711", "group", slog.GroupValue(slog.String("in", "geheim-4711")))
	log.WithGroup("g").Info("message geheim-4711", "text", "geheim-4711", "err", errors.New("denied for geheim-4711"),
		"any", struct{ P string }{"geheim-4711"}, "bytes", []string{"geheim-4711"}, "n", 4711, slog.Group("deep", "x", "geheim-4711"))
	if text := out.String(); strings.Contains(text, "geheim") || !strings.Contains(text, "n=4711") || !strings.Contains(text, "denied for") {
		t.Error(text)
	}
}

func TestScrubbedWriter(t *testing.T) {
	var s Scrubber
	var out bytes.Buffer
	s.Add("geheim-4711")
	n, err := s.Writer(&out).Write([]byte("a geheim-4711 b\n"))
	if err != nil || n != 16 || out.String() != "a ****** b\n" {
		t.Errorf("%d %v %q", n, err, out.String())
	}
}

func TestScrubberIsShared(t *testing.T) {
	var s Scrubber
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			secret := fmt.Sprintf("secret-%d-x", i)
			s.Add(secret)
			if got := s.Text(secret); got != plugins.SecretMask {
				t.Errorf("%q", got)
			}
		})
	}
	wg.Wait()
}
