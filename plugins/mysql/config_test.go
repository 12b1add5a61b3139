package mysql

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

func parseConfig(t *testing.T, text string) *Config {
	t.Helper()
	c := newConfig().(*Config)
	if err := json.Unmarshal([]byte(text), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"jdbc:mysql://h/db":                                  "h:3306 db  ",
		"jdbc:mysql://h:13306/db?useSSL=false&a=b%20c":       "h:13306 db  a=b c usessl=false",
		"JDBC:MySQL://h:1/db?useUnicode=true&amp;x=1":        "h:1 db  useunicode=true x=1",
		"jdbc:mariadb://a,b:3307,[::1]:3308/d":               "a:3306 b:3307 [::1]:3308 d  ",
		"jdbc:mysql:loadbalance://a:1,b:2/d":                 "a:1 b:2 d  ",
		"mysql://root:p%40ss@h/db":                           "h:3306 db root/p@ss ",
		"jdbc:mysql://h/db?user=u&password=s%26t&x":          "h:3306 db u/s&t x=",
		"jdbc:mysql://h":                                     "h:3306   ",
		"jdbc:mysql://[fe80::1]/d":                           "[fe80::1]:3306 d  ",
		"jdbc:mysql://h:3306/%E8%AE%A2%E5%8D%95?k=%E4%B8%AD": "h:3306 订单  k=中",
	} {
		got, err := parseURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		user := got.user
		if !got.password.Empty() {
			user += "/" + got.password.Reveal()
		}
		var parameters []string
		for _, name := range sortedKeys(got.parameters) {
			parameters = append(parameters, name+"="+got.parameters[name])
		}
		if line := fmt.Sprintf("%s %s %s %s", strings.Join(got.addresses, " "), got.database, user, strings.Join(parameters, " ")); line != want {
			t.Errorf("%s: %q, want %q", text, line, want)
		}
	}
	for _, text := range []string{"", "h:3306/db", "jdbc:oracle://h/db", "jdbc:mysql:///db", "jdbc:mysql://h:99999/db", "jdbc:mysql://h:x/d",
		"jdbc:mysql://address=(host=h)(port=1)/d", "jdbc:mysql://h/db?a=%zz", "mysql://u:topsecret%zz@h/d"} {
		if _, err := parseURL(text); err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func sortedKeys(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}

func FuzzParseURL(f *testing.F) {
	f.Add("jdbc:mysql://a,b:3307,[::1]:3308/d?x=1&y=%20")
	f.Add("mysql://root:p%40ss@h/db")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseURL(text)
		if err == nil && len(got.addresses) == 0 {
			t.Errorf("%q: no address and no error", text)
		}
	})
}

func TestParseTables(t *testing.T) {
	for text, want := range map[string]string{
		"t":               "`t`",
		"db.t":            "`db`.`t`",
		"`a.b`.`c``d`":    "`a.b`.`c``d`",
		"t_[0-2]":         "`t_0` `t_1` `t_2`",
		"t_[08-10]":       "`t_08` `t_09` `t_10`",
		"s.t_[0-1]_[7-8]": "`s`.`t_0_7` `s`.`t_0_8` `s`.`t_1_7` `s`.`t_1_8`",
		"t[x]":            "`t[x]`",
	} {
		names, err := parseTables(text, "")
		var got []string
		for _, n := range names {
			got = append(got, n.quoted())
		}
		if line := strings.Join(got, " "); line != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", text, line, err, want)
		}
	}
	for _, text := range []string{"a.b.c", "`a", ".t", "t_[0-999999]"} {
		if names, err := parseTables(text, ""); err == nil {
			t.Errorf("%s: %v, want an error", text, names)
		}
	}
}

// A job as FlinkX's manual has it, and one as DataX's.
func TestOldJobs(t *testing.T) {
	flinkx := parseConfig(t, `{
		"column": [{"name": "id", "type": "bigint"}, {"name": "c", "value": "x"}, {"name": "at", "type": "timestamp", "format": "yyyy"}],
		"username": "dtstack", "password": "abc123", "where": "id > 1", "splitPk": "id", "fetchSize": 1024, "queryTimeOut": 1000,
		"connection": [{"jdbcUrl": ["jdbc:mysql://kudu3:3306/tudou?useSSL=false&zeroDateTimeBehavior=exception"], "table": ["kudu"]}],
		"customSql": "", "increColumn": "id", "startLocation": 100, "polling": false, "pollingInterval": 3000, "requestAccumulatorInterval": 2}`)
	if found := flinkx.Validate(); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if flinkx.TLS.Mode != tlsOff || flinkx.ZeroDate != "error" || flinkx.StartLocation != "100" {
		t.Errorf("tls %s, zeroDate %s, start %s", flinkx.TLS.Mode, flinkx.ZeroDate, flinkx.StartLocation)
	}
	ends, _ := flinkx.endpoints()
	if diff := cmp.Diff([]tableName{{name: "kudu"}}, ends[0].tables, cmp.AllowUnexported(tableName{})); diff != "" {
		t.Error(diff)
	}
	datax := parseConfig(t, `{
		"username": "root", "password": "root", "column": ["id", "name", "'const'", "now()", "1", "null"], "splitPk": "",
		"connection": [{"table": ["table_[0-1]", "other"], "jdbcUrl": ["jdbc:mysql://bad_ip:3306/database", "jdbc:mysql://127.0.0.1:3306/database"]},
			{"querySql": ["select db_id from on_line_db_info where db_id < 10;"], "jdbcUrl": ["jdbc:mysql://10.0.0.1/d"]}]}`)
	if found := datax.Validate(); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	ends, _ = datax.endpoints()
	if len(ends) != 2 || len(ends[0].tables) != 3 || len(ends[0].targets) != 2 || len(ends[1].queries) != 1 {
		t.Errorf("%+v", ends)
	}
	for text, want := range map[string]bool{"id": false, "`a b`": false, "名字": false, "'const'": true, "now()": true, "1": true, "null": true, "a+b": true, "x1": false} {
		if got := isExpression(text); got != want {
			t.Errorf("%s is an expression: %t", text, got)
		}
	}
}

// Everything wrong is reported at once, each under its key.
func TestValidate(t *testing.T) {
	c := parseConfig(t, `{"connection": [{"jdbcUrl": "oracle:x", "table": ["a.b.c"]}, {"jdbcUrl": "jdbc:mysql://h/d"}],
		"column": ["id", "ID", "*", {"name": ""}, {"name": "k", "value": "1", "type": "blurb"}], "splitPk": "a, b", "zeroDate": "maybe",
		"protocol": "morse", "tls": {"mode": "full", "cert": "x"}, "startLocation": "5", "queryTimeOut": -1}`)
	got := make(map[string]bool)
	for _, f := range c.Validate() {
		if f.Severity == plugins.Fail {
			got[f.Key] = true
		}
	}
	want := []string{"connection[0].jdbcUrl[0]", "connection[0].table[0]", "connection[1].table", "username", "column[1]", "column[2]", "column[3]",
		"column[4]", "splitPk", "zeroDate", "protocol", "tls.mode", "tls.cert", "startLocation", "queryTimeOut"}
	for _, key := range want {
		if !got[key] {
			t.Errorf("nothing about %s", key)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("unexpected: %v", got)
	}
}

func TestParametersOfURL(t *testing.T) {
	c := parseConfig(t, `{"url": "jdbc:mysql://h/d?tinyInt1isBit=true&serverTimezone=Asia/Shanghai&useUnicode=true&frobnicate=1&zeroDateTimeBehavior=round&useSSL=true&connectTimeout=2500",
		"table": "t", "username": "u", "polling": true}`)
	var notes []string
	for _, f := range c.Validate() {
		notes = append(notes, f.Severity.String()+" "+f.Key+" "+strings.SplitAfter(f.Text, ":")[0])
	}
	want := []string{"NOTE url parameter frobnicate of the URL:", "NOTE url parameter servertimezone of the URL:", "NOTE url parameter tinyint1isbit of the URL:",
		"WARN polling a run reads what is there and ends; it does not poll"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
	if c.ZeroDate != "min" || c.TLS.Mode != tlsPreferred {
		t.Errorf("%s %s", c.ZeroDate, c.TLS.Mode)
	}
	r, err := NewReader(c, plugins.Setup{Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	end := r.(*Reader).ends[0]
	if s, err := r.(*Reader).source(0, end.targets[0], "h:3306"); err != nil || s.connectTimeout != 2500*time.Millisecond {
		t.Errorf("%+v %v", s, err)
	}
}

func TestJdbcTLS(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "useSSL=false": tlsOff, "useSSL=true": tlsPreferred, "useSSL=true&requireSSL=true": tlsRequired,
		"useSSL=true&verifyServerCertificate=true": tlsVerifyCA, "sslMode=DISABLED": tlsOff, "sslMode=verify_identity": tlsVerifyFull,
		"sslMode=REQUIRED&useSSL=false": tlsRequired, "sslMode=STRICT": "sslMode=STRICT", "useSSL=ja": "useSSL=ja",
	} {
		u, err := parseURL("jdbc:mysql://h/d?" + text)
		if got := jdbcTLS(u.parameters); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

// Values that Connector/J would not take either are told, and a mode where it
// stands.
func TestDoubtfulParameters(t *testing.T) {
	for query, want := range map[string]string{
		"characterEncoding=klingon": "WARN url klingon", "characterEncoding=UTF-8": "", "characterEncoding=gbk": "",
		"characterEncoding=Windows-1252": "", "serverTimezone=Moon/Base": "WARN url Moon/Base", "serverTimezone=Asia/Shanghai": "NOTE",
		"serverTimezone=GMT%2B8": "NOTE", "serverTimezone=GMT+8": "NOTE", "serverTimezone=CST": "NOTE", "connectionTimeZone=LOCAL": "NOTE",
		"sslMode=STRICT": "FAIL url STRICT",
	} {
		c := parseConfig(t, `{"url": "jdbc:mysql://h/d?`+query+`", "table": "t", "username": "u"}`)
		got := ""
		for _, f := range c.Validate() {
			got += f.Severity.String() + " " + f.Key + " " + f.Text
		}
		for _, word := range strings.Fields(want) {
			if !strings.Contains(got, word) {
				t.Errorf("%s: %q lacks %s", query, got, word)
			}
		}
		if want == "" && got != "" {
			t.Errorf("%s: %q", query, got)
		}
	}
	c := parseConfig(t, `{"url": "jdbc:mysql://h/d?sslMode=REQUIRED", "table": "t", "username": "u", "tls": {"mode": "a=b"}}`)
	if found := c.Validate(); len(found) != 1 || found[0].Key != "tls.mode" {
		t.Errorf("findings %+v", found)
	}
}

// The sample is what the plugin's users copy.
func TestSample(t *testing.T) {
	for _, need := range []string{`"name": "mysql"`, `"url"`, `"column"`, "${env:"} {
		if !strings.Contains(sample, need) {
			t.Errorf("the sample lacks %s", need)
		}
	}
}
