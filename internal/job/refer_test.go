package job

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefer(t *testing.T) {
	s := &Spec{Reader: Side{Plugin: "r", Config: []byte(`{"password": "hunter2", "connection": [{"password": "hunter3"}], "table": "t"}`)},
		Writer:  Side{Plugin: "w", Config: []byte(`{"a.key": "hunter4", "a_key": "hunter5"}`)},
		Secrets: []string{"/reader/password", "/reader/connection/0/password", "/writer/a.key", "/writer/a_key"}}
	out, names, err := s.Refer()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"READER_PASSWORD", "READER_CONNECTION_0_PASSWORD", "WRITER_A_KEY", "WRITER_A_KEY_3"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	text := string(out.Reader.Config) + string(out.Writer.Config)
	for _, name := range want {
		if !strings.Contains(text, `"${env:`+name+`}"`) {
			t.Errorf("no reference to %s in %s", name, text)
		}
	}
	if strings.Contains(text, "hunter") || !strings.Contains(string(s.Reader.Config), "hunter2") {
		t.Errorf("a secret is left, or the spec itself was changed: %s", text)
	}
}
