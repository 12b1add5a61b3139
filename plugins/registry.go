package plugins

import (
	"fmt"
	"slices"
	"strings"
)

// Registry finds plugins by name. It is a value: tests have their own.
type Registry struct {
	plugins []Plugin
}

// NewRegistry returns a registry of the given plugins. Two of one name are a
// mistake in the program and give an error.
func NewRegistry(list ...Plugin) (*Registry, error) {
	seen := make(map[string]bool)
	for _, p := range list {
		if seen[p.Name] {
			return nil, fmt.Errorf("register plugin %s: name taken twice", p.Name)
		}
		seen[p.Name] = true
	}
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b Plugin) int { return strings.Compare(a.Name, b.Name) })
	return &Registry{plugins: sorted}, nil
}

// List returns all plugins in the order of their names.
func (r *Registry) List() []Plugin { return slices.Clone(r.plugins) }

// Reader returns the plugin that name means on the reading side: its name, or
// its name with "reader" or "Reader" behind it.
func (r *Registry) Reader(name string) (Plugin, bool) {
	p, ok := r.find(name, "reader")
	return p, ok && p.NewReader != nil
}

// Writer returns the plugin that name means on the writing side: its name, or
// its name with "writer" or "Writer" behind it.
func (r *Registry) Writer(name string) (Plugin, bool) {
	p, ok := r.find(name, "writer")
	return p, ok && p.NewWriter != nil
}

func (r *Registry) find(name, side string) (Plugin, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	short := strings.TrimSuffix(name, side)
	for _, p := range r.plugins {
		if p.Name == name || p.Name == short {
			return p, true
		}
	}
	return Plugin{}, false
}
