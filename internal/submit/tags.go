package submit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"weft/yarnrpc/rm"
)

// ApplicationType is what YARN's lists show.
const ApplicationType = "WEFT"

// RunTag is the tag by which a run's application is found again.
func RunTag(run string) string { return "run:" + run }

// JobTag is the tag of all runs of a job.
func JobTag(job string) string { return "job:" + slug(job) }

// Tags are the tags of a run's application: its own, then the user's, as many
// as YARN takes. YARN keeps tags in lower case.
func Tags(run, job string, more []string) []string {
	tags := []string{"weft", RunTag(run), JobTag(job)}
	for _, tag := range more {
		tags = append(tags, strings.ToLower(tag))
	}
	return tags[:min(len(tags), rm.MaxTags)]
}

// slug makes a name fit for a tag: lower-case ASCII letters, digits, point,
// underscore and hyphen, at most 60 of them; a name that had anything else
// gets a hash, so that different names stay different.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			b.WriteRune(r)
			continue
		}
		b.WriteByte('-')
	}
	out := b.String()
	if out == strings.ToLower(name) && len(out) <= 60 {
		return out
	}
	sum := sha256.Sum256([]byte(name))
	return out[:min(len(out), 51)] + "-" + hex.EncodeToString(sum[:4])
}
