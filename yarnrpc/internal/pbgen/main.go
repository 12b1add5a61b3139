// Command pbgen compiles the .proto files of a folder into Go, without protoc.
//
// It exists so that generating needs nothing but Go: the compiler (protocompile) and the generator (protoc-gen-go)
// are both libraries pinned in go.mod. It is run by go generate in yarnrpc/internal/pb:
//
//	go run weft/yarnrpc/internal/pbgen -out . *.proto
//
// A file x.proto is known to the others, and to the process-wide protobuf registry, as weft/hadoop/x.proto: under
// Hadoop's own paths it would collide with any other library that carries Hadoop's files, and the program would
// panic at start.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// prefix is the folder under which the files are registered; see the package comment.
const prefix = "weft/hadoop"

func main() {
	out := flag.String("out", ".", "folder that receives the *.pb.go files")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "pbgen:", err)
		os.Exit(1)
	}
}

func run(out string, sources []string) error {
	files, err := compile(sources)
	if err != nil {
		return err
	}
	generated, err := generate(files)
	if err != nil {
		return err
	}
	for _, f := range generated {
		name := filepath.Join(out, path.Base(f.GetName()))
		if err := os.WriteFile(name, []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile parses and links the sources. Imports are looked up beside the file that was named first.
func compile(sources []string) (linker.Files, error) {
	if len(sources) == 0 {
		return nil, fmt.Errorf("compile: no .proto file named")
	}
	folder := filepath.Dir(sources[0])
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = path.Join(prefix, filepath.Base(s))
	}
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Resolver: &protocompile.SourceResolver{Accessor: func(name string) (io.ReadCloser, error) {
			return os.Open(filepath.Join(folder, path.Base(name)))
		}},
	}
	return compiler.Compile(context.Background(), names...)
}

// generate speaks to protoc-gen-go in its plugin protocol, in process.
func generate(files linker.Files) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	req := &pluginpb.CodeGeneratorRequest{Parameter: proto.String("paths=source_relative")}
	seen := map[string]bool{}
	for _, f := range files {
		req.FileToGenerate = append(req.FileToGenerate, f.Path())
		req.ProtoFile = appendWithImports(req.ProtoFile, f, seen)
	}
	plugin, err := protogen.Options{}.New(req)
	if err != nil {
		return nil, err
	}
	for _, f := range plugin.Files {
		if f.Generate {
			internal_gengo.GenerateFile(plugin, f)
		}
	}
	resp := plugin.Response()
	if resp.Error != nil {
		return nil, fmt.Errorf("generate: %s", resp.GetError())
	}
	return resp.File, nil
}

// appendWithImports lists every file after those it imports, as the plugin protocol demands.
func appendWithImports(list []*descriptorpb.FileDescriptorProto, f linker.File, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	if seen[f.Path()] {
		return list
	}
	seen[f.Path()] = true
	imports := f.Imports()
	for i := range imports.Len() {
		if dep := f.FindImportByPath(imports.Get(i).Path()); dep != nil {
			list = appendWithImports(list, dep, seen)
		}
	}
	return append(list, protoutil.ProtoFromFileDescriptor(f))
}
