package job

import (
	"fmt"
	"strings"
	"testing"

	"weft/plugins"
)

// The three dialects side by side: FlinkX's ErrorLimitConfig, DataX's
// ErrorRecordChecker, weft's own.
func TestErrorLimit(t *testing.T) {
	tests := []struct {
		dialect    plugins.Dialect
		block      string
		record     int64
		percentage float64
		fails      bool
	}{
		{plugins.DialectFlinkX, ``, 0, 0, false},
		{plugins.DialectFlinkX, `{}`, -1, -1, false},
		{plugins.DialectFlinkX, `{"record": 100}`, 100, -1, false},
		{plugins.DialectFlinkX, `{"record": "100"}`, 100, -1, false},
		{plugins.DialectFlinkX, `{"record": -1}`, -1, -1, false},
		{plugins.DialectFlinkX, `{"record": ""}`, -1, -1, false},
		{plugins.DialectFlinkX, `{"percentage": 10}`, -1, 10, false},
		{plugins.DialectFlinkX, `{"percentage": 0}`, -1, 0, false},
		{plugins.DialectFlinkX, `{"record": 100, "percentage": 0.5}`, 100, 0.5, false},
		{plugins.DialectFlinkX, `{"percentage": 101}`, 0, 0, true},
		{plugins.DialectFlinkX, `{"record": "many"}`, 0, 0, true},
		{plugins.DialectDataX, ``, -1, -1, false},
		{plugins.DialectDataX, `{}`, -1, -1, false},
		{plugins.DialectDataX, `{"record": 0}`, 0, -1, false},
		{plugins.DialectDataX, `{"percentage": 0.25}`, -1, 25, false},
		{plugins.DialectDataX, `{"percentage": 0}`, -1, 0, false},
		{plugins.DialectDataX, `{"record": 7, "percentage": 0.25}`, 7, -1, false},
		{plugins.DialectDataX, `{"percentage": 25}`, 0, 0, true},
		{plugins.DialectNative, ``, 0, -1, false},
		{plugins.DialectNative, `{"record": 5}`, 5, -1, false},
		{plugins.DialectNative, `{"percentage": 5}`, -1, 5, false},
		{plugins.DialectNative, `{"record": "5"}`, 0, 0, true},
		{plugins.DialectNative, `{"records": 5}`, 0, 0, true},
	}
	for _, tt := range tests {
		t.Run(string(tt.dialect)+tt.block, func(t *testing.T) {
			spec, list := Parse("x.json", []byte(minimal(tt.dialect, tt.block)), LoadOptions{Dialect: tt.dialect})
			if tt.fails {
				if spec != nil {
					t.Errorf("limit %+v, want a failure", spec.Setting.ErrorLimit)
				}
				return
			}
			if spec == nil {
				t.Fatal(show(list))
			}
			want := ErrorLimit{Record: tt.record, Percentage: tt.percentage, Dialect: tt.dialect}
			if got := spec.Setting.ErrorLimit; got != want {
				t.Errorf("limit %+v, want %+v", got, want)
			}
		})
	}
}

// minimal is a job of a dialect with an errorLimit block.
func minimal(dialect plugins.Dialect, block string) string {
	head, setting := "", ""
	if dialect == plugins.DialectNative {
		head = `"weft": 1, `
	}
	if block != "" {
		setting = fmt.Sprintf(`"errorLimit": %s`, block)
	}
	return strings.TrimSpace(fmt.Sprintf(`{%s"job": {"setting": {%s}, "content": [{"reader": {"name": "r"}, "writer": {"name": "w"}}]}}`, head, setting))
}
