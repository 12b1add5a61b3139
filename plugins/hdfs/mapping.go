package hdfs

import (
	"context"
	"fmt"

	"weft/plugins"
)

// Map implements plugins.Mapper: the job's columns matched with the reader's
// by position, or, without any, the reader's names with Hive types.
func (w *writer) Map(_ context.Context, source []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	specs := w.config.Column
	if len(specs) > 0 && len(specs) != len(source) {
		return nil, nil, &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonSchema, Op: "match columns",
			Err: fmt.Errorf("the reader delivers %d columns, the writer's column lists %d", len(source), len(specs))}
	}
	var findings []plugins.Finding
	target := make([]plugins.Column, len(source))
	for i, column := range source {
		text, remark := hiveType(column)
		name := column.Name
		if len(specs) > 0 {
			name = specs[i].Name
			if specs[i].Type != "" {
				text, remark = specs[i].Type, ""
			}
		}
		to, err := parseType(text)
		if err != nil {
			return nil, nil, &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig, Op: "match columns",
				Err: fmt.Errorf("column %q: %w", name, err)}
		}
		to.Name = name
		target[i] = fitScale(to, column)
		converter, err := plugins.NewConverter(column, target[i], w.setup.Zone)
		if err != nil {
			return nil, nil, err
		}
		findings = append(findings, remarks(i, target[i], remark, converter.Lossy())...)
	}
	return target, findings, nil
}

// fitScale gives a time the source's digits behind the second, so that none
// that say nothing are written.
func fitScale(to, from plugins.Column) plugins.Column {
	if to.Kind != plugins.KindDatetime {
		return to
	}
	switch from.Kind {
	case plugins.KindDate:
		to.Scale = 0
	case plugins.KindDatetime, plugins.KindTimestamp:
		to.Scale = min(to.Scale, max(from.Scale, 0))
	}
	return to
}

func remarks(i int, to plugins.Column, remark, lossy string) []plugins.Finding {
	var findings []plugins.Finding
	key := fmt.Sprintf("column[%d]", i)
	if remark != "" {
		findings = append(findings, plugins.Finding{Severity: plugins.Note, Reason: plugins.ReasonSchema, Key: key,
			Text: fmt.Sprintf("column %q: %s", to.Name, remark)})
	}
	if lossy != "" {
		findings = append(findings, plugins.Finding{Severity: plugins.Warn, Reason: plugins.ReasonSchema, Key: key,
			Text: fmt.Sprintf("column %q: %s", to.Name, lossy)})
	}
	return findings
}
