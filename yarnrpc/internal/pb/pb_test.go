package pb

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// The generated files must be what the pinned generator makes of the .proto files, and nothing else.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	sources, err := filepath.Glob("*.proto")
	if err != nil || len(sources) == 0 {
		t.Fatalf("glob *.proto: %v, %v", sources, err)
	}
	out := t.TempDir()
	cmd := exec.Command("go", append([]string{"run", "weft/yarnrpc/internal/pbgen", "-out", out}, sources...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pbgen: %v\n%s", err, text)
	}
	for _, s := range sources {
		name := strings.TrimSuffix(s, ".proto") + ".pb.go"
		want, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not current: run go generate ./yarnrpc/internal/pb", name)
		}
	}
}

// Two registrations of one name panic at program start, so every name must be under our own roof.
func TestTrap27_NamesNeverCollideWithHadoops(t *testing.T) {
	files := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(f.Package()), "weft.hadoop.") {
			return true
		}
		files++
		if !strings.HasPrefix(f.Path(), "weft/hadoop/") {
			t.Errorf("file %s is registered outside weft/hadoop/", f.Path())
		}
		return true
	})
	if files != 9 {
		t.Errorf("%d files registered, want 9", files)
	}
}
