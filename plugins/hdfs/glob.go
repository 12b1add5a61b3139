package hdfs

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"weft/internal/fsys"
)

// glob returns the names that a pattern stands for, sorted within each of the
// alternatives of its braces; a name without pattern stands for itself, there
// or not. Patterns are those of Hadoop's FileSystem.globStatus: * ? [abc]
// [a-z] [^a] {a,b}, none of which crosses a slash.
func glob(ctx context.Context, f fsys.Reader, pattern string) ([]string, error) {
	var names []string
	alternatives, err := braces(pattern)
	if err != nil {
		return nil, err
	}
	for _, p := range alternatives {
		if !strings.ContainsAny(p, `*?[`) {
			names = append(names, p)
			continue
		}
		found, err := globBelow(ctx, f, "/", strings.Split(strings.TrimPrefix(p, "/"), "/"))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	return names, nil
}

// globBelow matches the parts of a pattern with what lies below dir.
func globBelow(ctx context.Context, f fsys.Reader, dir string, parts []string) ([]string, error) {
	if len(parts) == 0 {
		return []string{dir}, nil
	}
	if !strings.ContainsAny(parts[0], `*?[`) {
		name := path.Join(dir, parts[0])
		if _, err := f.Stat(ctx, name); err != nil {
			return nil, ignoreAbsent(err)
		}
		return globBelow(ctx, f, name, parts[1:])
	}
	entries, err := f.List(ctx, dir)
	if err != nil {
		return nil, ignoreAbsent(err)
	}
	var names []string
	for _, e := range entries {
		match, err := path.Match(parts[0], e.Name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", parts[0], err)
		}
		if !match || hidden(e.Name) && !hidden(parts[0]) {
			continue
		}
		found, err := globBelow(ctx, f, path.Join(dir, e.Name), parts[1:])
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	return names, nil
}

// ignoreAbsent forgives a pattern that a name does not exist or is a file.
func ignoreAbsent(err error) error {
	if errors.Is(err, errNotExist) || errors.Is(err, fsys.ErrNotDir) {
		return nil
	}
	return err
}

// maxAlternatives bounds what braces multiply to.
const maxAlternatives = 10_000

// braces expands {a,b}, which may be nested, into the patterns it stands for.
func braces(pattern string) ([]string, error) {
	start := strings.IndexByte(pattern, '{')
	if start < 0 {
		return []string{pattern}, nil
	}
	depth, cuts := 0, []int{start}
	for i := start; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '{':
			depth++
		case c == ',' && depth == 1:
			cuts = append(cuts, i)
		case c == '}':
			depth--
		}
		if depth > 0 {
			continue
		}
		cuts = append(cuts, i)
		var all []string
		for n := 1; n < len(cuts); n++ {
			more, err := braces(pattern[:start] + pattern[cuts[n-1]+1:cuts[n]] + pattern[i+1:])
			if err != nil {
				return nil, err
			}
			if all = append(all, more...); len(all) > maxAlternatives {
				return nil, fmt.Errorf("pattern %q stands for more than %d", pattern, maxAlternatives)
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("pattern %q has a brace without end", pattern)
}
