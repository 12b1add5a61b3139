package compare

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
)

// column is a column of the table as information_schema describes it.
type column struct {
	name string
	typ  string // DATA_TYPE: bigint, varchar, ...
}

// expression is what is selected for the column. FLOAT is printed with six digits by the server, which is not enough to
// tell two numbers apart; as DOUBLE it is printed exactly (times one keeps minus zero).
func (c column) expression() string {
	name := quoteName(c.name)
	if c.typ == "float" {
		return name + " * 1e0"
	}
	return name
}

// format turns what the server sent for a value that is not NULL into the text form that the package comment describes.
// It returns nil when the options want NULL instead.
func (c column) format(raw []byte, o Options) (field, error) {
	switch c.typ {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "year":
		return plainInteger(raw), nil
	case "bit":
		var v uint64
		for _, b := range raw {
			v = v<<8 | uint64(b)
		}
		return strconv.AppendUint(nil, v, 10), nil
	case "float":
		return plainFloat(raw, 32)
	case "double":
		return plainFloat(raw, 64)
	case "date", "datetime", "timestamp":
		if o.ZeroDateNull && isZeroDate(raw) {
			return nil, nil
		}
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector",
		"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection":
		if o.BytesAsHex {
			return hex.AppendEncode([]byte{}, raw), nil
		}
		return base64.StdEncoding.AppendEncode([]byte{}, raw), nil
	}
	return raw, nil
}

// isZeroDate tells whether year, month or day is zero.
func isZeroDate(raw []byte) bool {
	day, _, _ := bytes.Cut(raw, []byte(" "))
	return bytes.HasPrefix(day, []byte("0000-")) || bytes.Contains(day, []byte("-00"))
}

// plainInteger drops the leading zeros of ZEROFILL columns.
func plainInteger(raw []byte) field {
	for len(raw) > 1 && raw[0] == '0' {
		raw = raw[1:]
	}
	return raw
}

func plainFloat(raw []byte, size int) (field, error) {
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return nil, fmt.Errorf("parse number %q: %w", raw, err)
	}
	form := byte('f')
	if abs := math.Abs(x); abs != 0 && (abs < 1e-5 || abs >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(nil, x, form, -1, size), nil
}
