package submit

import (
	"strings"

	"weft/internal/job"
	"weft/yarnrpc/rm"
)

// ApplicationType is what YARN's lists show.
const ApplicationType = "WEFT"

// RunTag is the tag by which a run's application is found again.
func RunTag(run string) string { return "run:" + run }

// JobTag is the tag of all runs of a job.
func JobTag(name string) string { return "job:" + job.ID(name) }

// Tags are the tags of a run's application: its own, then the user's, as many
// as YARN takes. YARN keeps tags in lower case.
func Tags(run, name string, more []string) []string {
	tags := []string{"weft", RunTag(run), JobTag(name)}
	for _, tag := range more {
		tags = append(tags, strings.ToLower(tag))
	}
	return tags[:min(len(tags), rm.MaxTags)]
}
