package mysql

import "fmt"

// Column types of the protocol (enum_field_types in MySQL's
// field_types.h) as far as they reach a client.
const (
	typeDecimal    = 0
	typeTiny       = 1
	typeShort      = 2
	typeLong       = 3
	typeFloat      = 4
	typeDouble     = 5
	typeNull       = 6
	typeTimestamp  = 7
	typeLongLong   = 8
	typeInt24      = 9
	typeDate       = 10
	typeTime       = 11
	typeDatetime   = 12
	typeYear       = 13
	typeVarchar    = 15
	typeBit        = 16
	typeVector     = 242
	typeJSON       = 245
	typeNewDecimal = 246
	typeEnum       = 247
	typeSet        = 248
	typeTinyBlob   = 249
	typeMediumBlob = 250
	typeLongBlob   = 251
	typeBlob       = 252
	typeVarString  = 253
	typeString     = 254
	typeGeometry   = 255
)

// Flags of a column definition (mysql_com.h).
const (
	flagNotNull  = 1
	flagUnsigned = 32
	flagEnum     = 256
	flagSet      = 2048
)

// charsetBinary is the collation id of columns that hold bytes, not text.
const charsetBinary = 63

// definition is what the server says about one column of a result
// ("Protocol::ColumnDefinition41").
type definition struct {
	name     string
	charset  int
	length   uint32
	typ      byte
	flags    int
	decimals int
}

func (d definition) unsigned() bool { return d.flags&flagUnsigned != 0 }

func parseDefinition(p []byte) (definition, error) {
	s := scan{p: p}
	for range 4 { // catalog, schema, table, original table
		s.bytes(s.length())
	}
	d := definition{name: s.text()}
	s.bytes(s.length()) // original name
	s.length()          // length of the rest: always 12
	d.charset = s.uint16()
	d.length = s.uint32()
	d.typ = byte(s.uint8())
	d.flags = s.uint16()
	d.decimals = s.uint8()
	if s.bad {
		return d, fmt.Errorf("parse column definition: %d bytes make no definition", len(p))
	}
	return d, nil
}
