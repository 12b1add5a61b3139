package cluster

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// props are the properties of one Hadoop configuration file.
type props map[string]string

// with returns a copy in which the properties of each layer replace those of the layers before it.
func (p props) with(layers ...map[string]string) props {
	all := props{}
	for k, v := range p {
		all[k] = v
	}
	for _, layer := range layers {
		for k, v := range layer {
			all[k] = v
		}
	}
	return all
}

// xml writes the properties as Hadoop's Configuration class reads them, sorted by name.
func (p props) xml() string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<configuration>\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  <property><name>%s</name><value>%s</value></property>\n", escape(name), escape(p[name]))
	}
	b.WriteString("</configuration>\n")
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}

// log4j sends everything to standard error, which is the daemon's log file.
const log4j = `log4j.rootLogger=%s,A
log4j.appender.A=org.apache.log4j.ConsoleAppender
log4j.appender.A.target=System.err
log4j.appender.A.layout=org.apache.log4j.PatternLayout
log4j.appender.A.layout.ConversionPattern=%%d{ISO8601} %%p %%c{1}: %%m%%n
`

// confDir is the content of one configuration folder.
type confDir struct {
	core, hdfs, yarn, scheduler props
	logLevel                    string
}

// write makes the folder with all its files.
func (c confDir) write(dir string) error {
	files := map[string]string{
		"core-site.xml":          c.core.xml(),
		"hdfs-site.xml":          c.hdfs.xml(),
		"yarn-site.xml":          c.yarn.xml(),
		"capacity-scheduler.xml": c.scheduler.xml(),
		"hadoop-policy.xml":      props{}.xml(),
		"log4j.properties":       fmt.Sprintf(log4j, c.logLevel),
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}
