package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is one parsed Go file of the module.
type File struct {
	// Path is relative to the module's root, with slashes.
	Path string
	// Dir is the folder of Path, the import path without the module name.
	Dir string
	// Source is the text, Syntax the tree, Set the positions of Syntax.
	Source []byte
	Syntax *ast.File
	Set    *token.FileSet
}

// Test says that the file is compiled for tests only.
func (f *File) Test() bool { return strings.HasSuffix(f.Path, "_test.go") }

// Generated says that no person wrote the file.
func (f *File) Generated() bool { return ast.IsGenerated(f.Syntax) }

// Lines counts the lines of the file.
func (f *File) Lines() int { return strings.Count(string(f.Source), "\n") }

// Line is the line of a position.
func (f *File) Line(p token.Pos) int { return f.Set.Position(p).Line }

// Imports lists the import paths.
func (f *File) Imports() []string {
	var paths []string
	for _, spec := range f.Syntax.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// Parse reads every Go file below root except testdata folders and folders
// whose name starts with a point.
func Parse(root string) ([]*File, error) {
	var files []*File
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && skipped(entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parseFile(set, root, path)
		files = append(files, file)
		return err
	})
	return files, err
}

func skipped(folder string) bool {
	return strings.HasPrefix(folder, ".") || folder == "testdata" || folder == "bin"
}

func parseFile(set *token.FileSet, root, path string) (*File, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(set, path, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	rel = filepath.ToSlash(rel)
	return &File{Path: rel, Dir: filepath.ToSlash(filepath.Dir(rel)), Source: source, Syntax: syntax, Set: set}, nil
}
