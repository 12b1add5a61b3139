package fsys

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		want Path
	}{
		{"hdfs://ns1/a/b", Path{"hdfs", "ns1", "/a/b"}},
		{"HDFS://nn1.example:8020//a/./b/", Path{"hdfs", "nn1.example:8020", "/a/b"}},
		{"hdfs:///a", Path{"hdfs", "", "/a"}},
		{"hdfs://ns1", Path{"hdfs", "ns1", "/"}},
		{"hdfs:/a", Path{"hdfs", "", "/a"}},
		{"file:///x", Path{"file", "", "/x"}},
		{"/x", Path{"", "", "/x"}},
		{"/", Path{"", "", "/"}},
		{"/a:b/c", Path{"", "", "/a:b/c"}},
		{"/day=2024-01-01/h=10%3A00?#", Path{"", "", "/day=2024-01-01/h=10%3A00?#"}},
		{"hdfs://ns1/中文/ x", Path{"hdfs", "ns1", "/中文/ x"}},
	}
	for _, tt := range tests {
		got, err := Parse(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", tt.in, got, err, tt.want)
		}
		again, err := Parse(got.String())
		if err != nil || again != got {
			t.Errorf("Parse(%q.String()) = %+v, %v; want the same", tt.in, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "empty"},
		{"a/b", "not absolute"},
		{"hdfs:a", "not absolute"},
		{"/a/../b", `holds ".."`},
		{"/..", `holds ".."`},
		{"hdfs://ns1/a/..", `holds ".."`},
		{"/a\x00b", "NUL"},
		{"hdfs://n s/a", "bad authority"},
		{"ftp://user:secret@host/a", "credentials"},
		{"1x:/a", "not absolute"},
	} {
		p, err := Parse(tt.in)
		if err == nil {
			t.Errorf("Parse(%q) = %+v; want an error with %q", tt.in, p, tt.want)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%q): %v; want %q in it", tt.in, err, tt.want)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("Parse(%q): %v; the password is in the message", tt.in, err)
		}
	}
}

func TestPathJoinKeepsScheme(t *testing.T) {
	p, err := Parse("hdfs://ns1/a")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Join("b", "c").String(), "hdfs://ns1/a/b/c"; got != want {
		t.Errorf("Join = %s; want %s", got, want)
	}
}

func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		name, dir string
		want      bool
	}{
		{"/a", "/a", true}, {"/a/b", "/a", true}, {"/ab", "/a", false}, {"/x", "/", true}, {"/", "/a", false},
	} {
		if got := Within(tt.name, tt.dir); got != tt.want {
			t.Errorf("Within(%q, %q) = %v; want %v", tt.name, tt.dir, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"hdfs://ns1/a", "file:///x", "/x", "a:b", "//", "s3a://b/../c", ":/", "hdfs://@/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		if p.Name == "" || p.Name[0] != '/' {
			t.Fatalf("Parse(%q) gives the name %q", s, p.Name)
		}
		again, err := Parse(p.String())
		if err != nil || again != p {
			t.Fatalf("Parse(%q).String() = %q parses to %+v, %v", s, p.String(), again, err)
		}
	})
}
