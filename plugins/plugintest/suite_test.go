package plugintest

import (
	"slices"
	"testing"
)

// TestGoodPluginsPass: the suite finds nothing wrong with plugins that keep
// the contract.
func TestGoodPluginsPass(t *testing.T) {
	Run(t, Suite{Reader: (&memSource{}).suite(), Writer: memWriterSuite("")})
}

// TestBrokenReadersFail breaks one sentence at a time; the case of that
// sentence must find it. Together the faults cover every case.
func TestBrokenReadersFail(t *testing.T) {
	faults := map[string]string{
		"loses a row":              "delivers every row once",
		"refuses without cause":    "delivers every row once",
		"describes wrongly":        "describes the columns it delivers",
		"splits differ":            "cuts the same splits again",
		"split ids from 1":         "cuts the same splits again",
		"splits overlap":           "splits are disjoint and complete",
		"resumes a row early":      "reads on from each position",
		"positions go back":        "positions never go backwards",
		"positions though none":    "positions are empty if it cannot resume",
		"ignores batch limits":     "batch limits change nothing but batches",
		"cannot open twice":        "one value reads splits one after the other",
		"goes on after the end":    "ends with io.EOF and nothing else",
		"needs Open before Close":  "Close at any time, twice and without Open",
		"ignores an ended context": "ended context comes back from Read",
		"cannot be cancelled":      "cancel while blocked returns promptly",
		"check erases":             "check has no side effects",
		"leaks":                    "Close leaves no goroutine",
	}
	found := map[string]bool{}
	for fault, want := range faults {
		s := (&memSource{fault: fault}).suite()
		for _, c := range readerCases {
			if c.name != want {
				continue
			}
			if c.when != nil && !c.when(s) {
				t.Errorf("%s: the case %q does not apply", fault, want)
			}
			found[want] = true
			if err := bounded(s, c.check); err == nil {
				t.Errorf("a reader that %s passes %q", fault, want)
			} else {
				t.Logf("%s: %.200v", fault, err)
			}
		}
	}
	checkCovered(t, found, names(readerCases))
}

// TestBrokenWritersFail is TestBrokenReadersFail for writers.
func TestBrokenWritersFail(t *testing.T) {
	faults := map[string]string{
		"takes NULL for empty":                 "keeps NULLs and extremes of each kind",
		"keeps the batch":                      "Write does not keep the batch",
		"refuses nothing":                      "refused rows are named and all others written",
		"changes refused rows":                 "refused rows are named and all others written",
		"loses the neighbours of refused rows": "refused rows are named and all others written",
		"forgets the position":                 "Seal describes the unit",
		"cannot seal nothing":                  "Seal of an empty unit",
		"seals in memory only":                 "what is sealed survives",
		"shows what was not sealed":            "what is not sealed leaves no trace",
		"shows units when sealed":              "nothing is visible before the commit",
		"shares a file among attempts":         "only accepted units become visible",
		"commits what was never accepted":      "only accepted units become visible",
		"holds what was never sealed":          "what the target holds is told at Open",
		"keeps rows over Open":                 "one value writes attempts one after the other",
		"needs Open before Close":              "Close at any time, twice and without Open",
		"cannot close twice":                   "Close at any time, twice and without Open",
		"ignores an ended context":             "ended context comes back from Write and Seal",
		"never counts anew":                    "size of the unit begins anew after Seal",
		"maps too few":                         "map is stable and has a column for each",
		"check writes":                         "check has no side effects",
		"cannot prepare twice":                 "prepare and fence may be repeated",
		"plans something new each time":        "plan changes nothing and says the same again",
		"cannot repeat an operation":           "commit interrupted after each operation is finished by a successor",
		"ignores the fence":                    "fence stops writes of earlier generations",
		"fences adopted attempts":              "adopted attempts go on after the fence",
		"shows what it aborts":                 "abort removes what attempts left",
		"reads back what it likes":             "a unit reads back as it was written",
		"leaks":                                "Close leaves no goroutine",
	}
	found := map[string]bool{}
	for fault, want := range faults {
		s := memWriterSuite(fault)
		for _, c := range writerCases {
			if c.name != want {
				continue
			}
			found[want] = true
			if err := bounded(s, c.check); err == nil {
				t.Errorf("a writer that %s passes %q", fault, want)
			} else {
				t.Logf("%s: %.200v", fault, err)
			}
		}
	}
	checkCovered(t, found, names(writerCases))
}

func names[S any](cases []named[S]) []string {
	var list []string
	for _, c := range cases {
		list = append(list, c.name)
	}
	return list
}

// checkCovered fails for a case that no fault tried.
func checkCovered(t *testing.T, found map[string]bool, all []string) {
	t.Helper()
	for _, name := range all {
		if !found[name] {
			t.Errorf("no broken plugin tries the case %q", name)
		}
	}
	for name := range found {
		if !slices.Contains(all, name) {
			t.Errorf("there is no case %q", name)
		}
	}
}
