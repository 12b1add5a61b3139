package fault

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"

	"weft/plugins"
)

// shortestSecret is the length in bytes from which a secret is scrubbed;
// shorter ones would tear ordinary words apart.
const shortestSecret = 4

// Scrubber removes secrets from texts. Every resolved secret is added to it
// before anything else is done with the value. It is safe for use by many
// goroutines; the zero Scrubber is ready and knows no secret.
type Scrubber struct {
	mu       sync.RWMutex
	needles  []string
	replacer *strings.Replacer
}

// Add makes values known, in the forms they may come back in: as they are,
// in URLs, in base64, in hexadecimal, quoted. Values under 4 bytes are left
// out.
func (s *Scrubber) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range values {
		if len(value) < shortestSecret {
			continue
		}
		for _, form := range forms(value) {
			if !slices.Contains(s.needles, form) {
				s.needles = append(s.needles, form)
			}
		}
	}
	// A needle that is part of another must not win over it.
	slices.SortStableFunc(s.needles, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(s.needles))
	for _, needle := range s.needles {
		pairs = append(pairs, needle, plugins.SecretMask)
	}
	s.replacer = strings.NewReplacer(pairs...)
}

func forms(value string) []string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
	return []string{
		value, quoted, strings.ReplaceAll(value, "'", "''"),
		url.QueryEscape(value), url.PathEscape(value), url.UserPassword("", value).String()[1:],
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(value)), "="),
		strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(value)), "="),
		hex.EncodeToString([]byte(value)),
	}
}

// Text returns text without the secrets.
func (s *Scrubber) Text(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}

// Writer returns a writer that scrubs each Write as a whole before w gets it.
// A secret cut in two by two Writes would pass: write lines.
func (s *Scrubber) Writer(w io.Writer) io.Writer { return &scrubWriter{s, w} }

type scrubWriter struct {
	scrub *Scrubber
	w     io.Writer
}

var _ io.Writer = (*scrubWriter)(nil)

func (w *scrubWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.scrub.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Handler wraps a slog handler so that no record carries a secret: neither
// its message nor any attribute, whatever its type.
func (s *Scrubber) Handler(next slog.Handler) slog.Handler { return &scrubHandler{s, next} }

type scrubHandler struct {
	scrub *Scrubber
	next  slog.Handler
}

var _ slog.Handler = (*scrubHandler)(nil)

func (h *scrubHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *scrubHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.scrub.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h *scrubHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return &scrubHandler{h.scrub, h.next.WithAttrs(clean)}
}

func (h *scrubHandler) WithGroup(name string) slog.Handler {
	return &scrubHandler{h.scrub, h.next.WithGroup(name)}
}

// attr scrubs one attribute. Values that are neither numbers nor times are
// turned into text, since what they print is not known before.
func (h *scrubHandler) attr(a slog.Attr) slog.Attr {
	switch value := a.Value.Resolve(); value.Kind() {
	case slog.KindString, slog.KindAny:
		return slog.String(a.Key, h.scrub.Text(value.String()))
	case slog.KindGroup:
		group := value.Group()
		clean := make([]slog.Attr, len(group))
		for i, inner := range group {
			clean[i] = h.attr(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	}
	return a
}
