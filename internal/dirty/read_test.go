package dirty

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/plugins"
)

func TestEach(t *testing.T) {
	files, store := newFiles(t)
	want := []Row{
		{Split: 12, Row: 1, Stage: StageWrite, Code: plugins.RowNull, Value: []byte(`{"id":"7","t":null}`)},
		{Split: 12, Row: 2, Stage: StageRead, Code: plugins.RowFormat, Raw: "a,\"b\n"},
	}
	for _, r := range want {
		if err := files.Add(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	name, err := files.Close()
	if err != nil {
		t.Fatal(err)
	}
	var got []Row
	err = Each(t.Context(), store, "/dirty/"+name, func(r Row) error { got = append(got, r); return nil })
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v, rows (-want +got):\n%s", err, diff)
	}
	if got[0].Position() != "0:1" || *got[0].Fields()["id"] != "7" || got[0].Fields()["t"] != nil || got[1].Fields() != nil {
		t.Errorf("fields %v", got[0].Fields())
	}
	if string(got[0].Original()) != `{"id":"7","t":null}` || string(got[1].Original()) != `"a,\"b\n"` {
		t.Errorf("originals %s and %s", got[0].Original(), got[1].Original())
	}
	enough := errors.New("enough")
	if err := Each(t.Context(), store, "/dirty/"+name, func(Row) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("stopped with %v", err)
	}
	if err := fsys.WriteFileExclusive(t.Context(), store, "/dirty/torn", []byte("{\"split\":1}\n{\"spl"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Each(t.Context(), store, "/dirty/torn", func(Row) error { return nil }); err == nil {
		t.Error("a torn file was read as whole")
	}
}
