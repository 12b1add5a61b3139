package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"weft/internal/job"
	"weft/plugins"
)

// print shows the plan to people.
func (p *shownPlan) print(w io.Writer) error {
	var b strings.Builder
	s := p.Job.Setting
	fmt.Fprintf(&b, "job         %s (%s): %s -> %s\n", p.Job.Name, p.Job.Dialect, p.Job.Reader.Plugin, p.Job.Writer.Plugin)
	fmt.Fprintf(&b, "guarantee   %s: %s\n", p.Guarantee, p.Why)
	fmt.Fprintf(&b, "consistency %s\n", consistencyText(s))
	fmt.Fprintf(&b, "error limit %s\n", limitText(s.ErrorLimit))
	if text := dirtyText(s.Dirty); text != "" {
		fmt.Fprintf(&b, "dirty rows  %s\n", text)
	}
	fmt.Fprintf(&b, "verify      %s\n", s.Verify)
	fmt.Fprintf(&b, "time zone   %s for instants written as text\n", s.Zone)
	fmt.Fprintf(&b, "units       %d MiB or %v\n", s.UnitBytes>>20, time.Duration(s.UnitInterval))
	fmt.Fprintf(&b, "limits      %s\n", speedText(s))
	fmt.Fprintf(&b, "cluster     %s of %d MiB and %s with %s each, a master of %d MiB, queue %s\n",
		number(p.Size.Containers, "container"), p.Size.ContainerMiB, number(p.Size.VCores, "vcore"),
		number(p.Size.SlotsPerContainer, "slot"), p.Size.MasterMiB, s.YARN.Queue)
	if p.Until != "" {
		fmt.Fprintf(&b, "increment   up to and with %s\n", p.Until)
	}
	p.printColumns(&b)
	p.printSplits(&b)
	printFindings(&b, "target", p.Target)
	fmt.Fprintf(&b, "\nreader %s:\n%s\n\nwriter %s:\n%s\n", p.Job.Reader.Plugin, compact(p.Job.Reader.Config),
		p.Job.Writer.Plugin, compact(p.Job.Writer.Config))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print plan: %w", err)
	}
	return nil
}

// number counts things: "1 split", "2 splits".
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func speedText(s job.Setting) string {
	parts := []string{number(s.Channel, "slot")}
	if s.BytesPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes a second", s.BytesPerSecond))
	}
	if s.RowsPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("%d rows a second", s.RowsPerSecond))
	}
	return strings.Join(append(parts, fmt.Sprintf("rows of at most %d bytes", s.MaxRowBytes)), ", ")
}

func (p *shownPlan) printColumns(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s:\n", number(len(p.Columns), "column"))
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for i, c := range p.Columns {
		target := plugins.Column{}
		if i < len(p.Targets) {
			target = p.Targets[i]
		}
		fmt.Fprintf(t, "  %s\t%s\t-> %s\t%s\n", c.Name, typeText(c), target.Name, typeText(target))
	}
	_ = t.Flush() // a strings.Builder never fails
	printFindings(b, "", p.Remarks)
}

// typeText is the system's own word for a type, or weft's.
func typeText(c plugins.Column) string {
	if c.SourceType != "" {
		return c.SourceType
	}
	switch {
	case c.Kind == plugins.KindDecimal && c.Precision > 0:
		return fmt.Sprintf("%s(%d,%d)", c.Kind, c.Precision, c.Scale)
	case c.Length > 0:
		return fmt.Sprintf("%s(%d)", c.Kind, c.Length)
	}
	return c.Kind.String()
}

// shownSplits is how many splits are written out for people; -o json has all.
const shownSplits = 20

func (p *shownPlan) printSplits(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s:\n", number(len(p.Splits), "split"))
	for i, s := range p.Splits {
		if i == shownSplits {
			fmt.Fprintf(b, "  ... %d more (-o json shows all)\n", len(p.Splits)-i)
			break
		}
		rows := "rows unknown"
		if s.Rows >= 0 {
			rows = fmt.Sprintf("about %d rows", s.Rows)
		}
		fmt.Fprintf(b, "  %d  %s (%s)\n", s.ID, s.Label, rows)
		if s.Explain != "" {
			fmt.Fprintf(b, "     %s\n", s.Explain)
		}
	}
}

func printFindings(b *strings.Builder, title string, list []shownFinding) {
	if len(list) > 0 && title != "" {
		fmt.Fprintf(b, "\n%s:\n", title)
	}
	for _, f := range list {
		fmt.Fprintf(b, "  %-4s  %s\n", f.Grade, f.Text)
		if f.Hint != "" {
			fmt.Fprintf(b, "        = %s\n", f.Hint)
		}
	}
}
