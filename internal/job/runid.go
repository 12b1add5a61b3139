package job

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// maxIDBytes is the longest id. It becomes part of file names and YARN tags.
const maxIDBytes = 60

// ID maps any text to an id: one to 60 of the characters a-z, 0-9, '.', '_' and
// '-', beginning with a letter or digit. A text that is an id already stays;
// any other gets a hash of itself, so that two texts never meet in one id.
func ID(text string) string {
	if isID(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	tail := "-" + hex.EncodeToString(sum[:4])
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if b.Len() == maxIDBytes-len(tail) {
			break
		}
		if r > 0x7f || !idByte(byte(r)) {
			r = '-'
		}
		b.WriteRune(r)
	}
	head := strings.Trim(b.String(), ".-_")
	if head == "" {
		head = "job"
	}
	return head + tail
}

func isID(text string) bool {
	if text == "" || len(text) > maxIDBytes || strings.ContainsAny(text[:1], ".-_") {
		return false
	}
	for i := range len(text) {
		if !idByte(text[i]) {
			return false
		}
	}
	return true
}

func idByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

// NewRunID names a run that got no id from its user: the job's name and the
// moment, to the millisecond so that two runs in a row differ.
func NewRunID(job string, now time.Time) string {
	name := ID(job)
	stamp := now.UTC().Format("20060102-150405.000")
	return strings.TrimRight(name[:min(len(name), maxIDBytes-1-len(stamp))], ".-_") + "-" + stamp
}
