package hadoopconf

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxDocumentBytes = 16 << 20 // a site file is tens of KB; beyond this it is no site file
	maxIncludeDepth  = 8        // of files including files; a file that includes itself ends here
)

// errInclude marks an error of an included file, whose absence is not the
// absence of the site file.
var errInclude = errors.New("include")

type named struct {
	name string
	property
}

// The document, as Configuration's parser takes it:
//
//	<configuration>
//	  <property>
//	    <name>fs.defaultFS</name>
//	    <value>hdfs://ns1</value>
//	    <final>true</final>                        optional
//	  </property>
//	  <property name="a" value="b" final="true"/>  the same as attributes
//	  <xi:include href="more.xml">                 relative to this file
//	    <xi:fallback> ... </xi:fallback>           used when the file is missing
//	  </xi:include>
//	  <configuration> ... </configuration>         nesting changes nothing
//	</configuration>
//
// Other elements are skipped, as Java skips them.
type decoder struct {
	xml    *xml.Decoder
	origin string
	depth  int
	props  []named
}

// decode reads one document and all that it includes, in order.
func decode(r io.Reader, origin string, depth int) ([]named, error) {
	if depth > maxIncludeDepth {
		return nil, fmt.Errorf("%w %s: more than %d files deep, does it include itself?", errInclude, origin, maxIncludeDepth)
	}
	limited := &io.LimitedReader{R: r, N: maxDocumentBytes + 1}
	d := &decoder{xml: xml.NewDecoder(limited), origin: origin, depth: depth}
	d.xml.CharsetReader = charset
	err := d.document()
	if limited.N <= 0 {
		err = fmt.Errorf("longer than %d bytes", maxDocumentBytes)
	}
	if errors.Is(err, errInclude) {
		return nil, err
	}
	if err != nil {
		line, column := d.xml.InputPos()
		return nil, fmt.Errorf("%s:%d:%d: %w", origin, line, column, err)
	}
	return d.props, nil
}

func (d *decoder) document() error {
	for {
		tok, err := d.xml.Token()
		if err == io.EOF {
			return errors.New("no <configuration> element")
		}
		if err != nil {
			return err
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "configuration" {
			return fmt.Errorf("top element is <%s>, not <configuration>", start.Name.Local)
		}
		if err := d.elements(1); err != nil {
			return err
		}
		return d.tail()
	}
}

// tail demands that nothing but white space and comments follows.
func (d *decoder) tail() error {
	for {
		tok, err := d.xml.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := tok.(xml.StartElement); ok {
			return fmt.Errorf("<%s> after the end of <configuration>", start.Name.Local)
		}
	}
}

// elements reads the content of <configuration> or <xi:fallback> up to its end.
func (d *decoder) elements(nesting int) error {
	if nesting > maxIncludeDepth {
		return fmt.Errorf("<configuration> nested more than %d deep", maxIncludeDepth)
	}
	for {
		tok, err := d.xml.Token()
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := d.element(tok, nesting); err != nil {
				return err
			}
		}
	}
}

func (d *decoder) element(start xml.StartElement, nesting int) error {
	switch start.Name.Local {
	case "property":
		return d.property(start)
	case "include":
		return d.include(start, nesting)
	case "configuration":
		return d.elements(nesting + 1)
	}
	return d.xml.Skip()
}

// property reads one <property>; one without a name or a value sets nothing.
func (d *decoder) property(start xml.StartElement) error {
	var elem struct {
		Name      *string `xml:"name"`
		Value     *string `xml:"value"`
		Final     string  `xml:"final"`
		AttrName  *string `xml:"name,attr"`
		AttrValue *string `xml:"value,attr"`
		AttrFinal string  `xml:"final,attr"`
	}
	if err := d.xml.DecodeElement(&elem, &start); err != nil {
		return err
	}
	if elem.Name == nil {
		elem.Name = elem.AttrName
	}
	if elem.Value == nil {
		elem.Value = elem.AttrValue
	}
	if elem.Name == nil || elem.Value == nil || strings.TrimSpace(*elem.Name) == "" {
		return nil
	}
	final := strings.TrimSpace(elem.Final + elem.AttrFinal)
	d.props = append(d.props, named{strings.TrimSpace(*elem.Name), property{
		value:  *elem.Value,
		origin: d.origin,
		final:  final == "true",
	}})
	return nil
}

// include reads the named file, or its fallback when the file is missing.
func (d *decoder) include(start xml.StartElement, nesting int) error {
	href := ""
	for _, a := range start.Attr {
		if a.Name.Local == "href" {
			href = a.Value
		}
	}
	props, err := d.includeFile(href)
	missing := errors.Is(err, os.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	d.props = append(d.props, props...)
	for {
		tok, terr := d.xml.Token()
		if terr != nil {
			return terr
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			if missing {
				return err
			}
			return nil
		case xml.StartElement:
			useFallback := missing && tok.Name.Local == "fallback"
			if useFallback {
				missing = false
				terr = d.elements(nesting + 1)
			} else {
				terr = d.xml.Skip()
			}
			if terr != nil {
				return terr
			}
		}
	}
}

func (d *decoder) includeFile(href string) ([]named, error) {
	name := strings.TrimPrefix(href, "file://")
	switch {
	case href == "":
		return nil, errors.New("<include> without href")
	case strings.Contains(name, "://"):
		return nil, fmt.Errorf("%w of %s in %s: only files are included", errInclude, href, d.origin)
	case !filepath.IsAbs(name):
		name = filepath.Join(filepath.Dir(d.origin), name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w in %s: %w", errInclude, d.origin, err)
	}
	defer f.Close()
	return decode(f, name, d.depth+1)
}

// charset accepts the encodings that XML declarations of site files name. UTF-8
// needs no reader; of the others only Latin-1 is met.
func charset(label string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "utf8":
		return r, nil
	case "iso-8859-1", "latin1":
		return &latin1{r: r}, nil
	}
	return nil, fmt.Errorf("encoding %q is not supported, use UTF-8", label)
}

// latin1 turns each byte into the character of the same number.
type latin1 struct {
	r       io.Reader
	pending byte // second byte of a character that did not fit
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if l.pending != 0 {
		p[0], l.pending = l.pending, 0
		return 1, nil
	}
	var in [512]byte
	n, err := l.r.Read(in[:min(len(in), (len(p)+1)/2)])
	out := 0
	for _, b := range in[:n] {
		if b < 0x80 {
			p[out] = b
			out++
			continue
		}
		p[out] = 0xC0 | b>>6
		out++
		if out == len(p) {
			l.pending = 0x80 | b&0x3F
			break
		}
		p[out] = 0x80 | b&0x3F
		out++
	}
	return out, err
}
