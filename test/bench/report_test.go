package main

import (
	"strings"
	"testing"
	"time"
)

// TestReport gives figures that can be checked by hand.
func TestReport(t *testing.T) {
	took := func(wall, cpu float64) []sample {
		one := sample{Wall: time.Duration(wall * 1e9), CPU: time.Duration(cpu * 1e9), PeakBytes: 30 << 20}
		far := sample{Wall: time.Hour, CPU: time.Hour, PeakBytes: 1 << 40}
		return []sample{far, one, {}} // the median is in the middle
	}
	o := options{rows: 2_000_000, rounds: 3}
	p := &place{options: o}
	samples := map[string][]sample{
		caseStart: took(0.1, 0.04), caseClient: took(4, 3), caseText: took(2.1, 1.04), caseText2: took(2, 0.52),
		caseFloor: took(1, 0.5), caseYARNStart: took(1.5, 0.5), caseYARN: took(4, 0.5),
	}
	var out strings.Builder
	print(&out, o, p.cases(), samples)
	for _, want := range []string{
		"2000000 rows x 8 columns",
		"| `weft run`, 10 rows, MySQL to text | 0.10 | - | - | 30 | - |",
		"| `mariadb --quick --batch` into a file | 4.00 | 0.50 M | 1.50 | 30 | 1.00 |",
		"| MySQL to text, 1 slot | 2.10 | 0.95 M | 0.50 | 30 | 1.90 |",
		"| MySQL to HDFS on YARN, 1 slot | 4.00 | 0.50 M | - | - | 1.00 |",
		"submit of 10 rows above the floor: 0.50 s",
		"start-up off: 0.80 of the rows/s",
		"two slots against one: 0.50",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "generated") {
		t.Errorf("the report has a case that did not run:\n%s", out.String())
	}
}

func TestCasesAskedFor(t *testing.T) {
	for only, want := range map[string]string{
		"":         "tenrows client text1 texttls text2 null generated hdfs floor yarnten yarn hdfsread load in inplain instaging",
		"null":     "tenrows client null",
		"hdfsread": "tenrows client yarn hdfsread",
	} {
		o := options{only: only}
		var got []string
		for _, c := range (&place{options: o}).cases() {
			if o.wants(c.name) {
				got = append(got, c.name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("-only %q runs %v, want %s", only, got, want)
		}
	}
}
