package dataset

import (
	"strconv"
	"time"
)

// firstKey is the key of row 0 of Wide: a tenth of a million rows lies below zero.
const firstKey = -100_000

// Wide is a table with every common column type. Its primary key is id: -100000, -99999, ... without gaps.
func Wide() Shape {
	return Shape{
		columns: append(append(numberColumns(), dateColumns()...), textColumns()...),
		extra:   "PRIMARY KEY (id)",
	}
}

func numberColumns() []column {
	return []column{
		{name: "id", ddl: "BIGINT NOT NULL", value: key(firstKey)},
		{name: "tiny", ddl: "TINYINT", null: true, value: integer(-128, 127)},
		{name: "flag", ddl: "TINYINT(1)", null: true, value: integer(0, 1)},
		{name: "small", ddl: "SMALLINT", null: true, value: integer(-32768, 32767)},
		{name: "medium", ddl: "MEDIUMINT", null: true, value: integer(-8388608, 8388607)},
		{name: "whole", ddl: "INT", null: true, value: integer(-2147483648, 2147483647)},
		{name: "uwhole", ddl: "INT UNSIGNED", null: true, value: integer(0, 4294967295)},
		{name: "ubig", ddl: "BIGINT UNSIGNED", null: true, value: unsigned},
		{name: "single", ddl: "FLOAT", null: true, value: float(32)},
		{name: "twice", ddl: "DOUBLE", null: true, value: float(64)},
		{name: "price", ddl: "DECIMAL(12,2)", null: true, value: decimal(10, 2)},
		{name: "exact", ddl: "DECIMAL(38,10)", null: true, value: decimal(28, 10)},
		{name: "switch", ddl: "BIT(1)", load: "CAST(@v AS UNSIGNED)", null: true, value: integer(0, 1)},
		{name: "bits", ddl: "BIT(12)", load: "CAST(@v AS UNSIGNED)", null: true, value: integer(0, 4095)},
	}
}

func dateColumns() []column {
	old, end := time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	// TIMESTAMP starts one second after 1970 and ends in 2038 in the servers that are in use.
	epoch, last := time.Unix(1, 0), time.Unix(1<<31-1, 0)
	return []column{
		{name: "day", ddl: "DATE", null: true, value: dates(1000, 9999)},
		{name: "wall", ddl: "DATETIME", null: true, value: moments(old, end, 0)},
		{name: "wall6", ddl: "DATETIME(6)", null: true, value: moments(old, end, 6)},
		{name: "instant", ddl: "TIMESTAMP NULL", null: true, value: moments(epoch, last, 0)},
		{name: "instant3", ddl: "TIMESTAMP(3) NULL", null: true, value: moments(epoch, last, 3)},
		{name: "span", ddl: "TIME", null: true, value: spans(0)},
		{name: "span6", ddl: "TIME(6)", null: true, value: spans(6)},
		{name: "vintage", ddl: "YEAR", null: true, value: integer(1901, 2155)},
	}
}

func textColumns() []column {
	return []column{
		{name: "code", ddl: "CHAR(8)", null: true, value: oneOf("A", "Zürich", "中文", "12345678", "")},
		{name: "title", ddl: "VARCHAR(120)", null: true, value: texts(4)},
		{name: "note", ddl: "TEXT", null: true, value: texts(10)},
		{name: "state", ddl: "ENUM('new','paid','shipped','退货')", null: true, value: oneOf("new", "paid", "shipped", "退货")},
		{name: "marks", ddl: "SET('a','b','c','d')", null: true, value: oneOf("", "a", "a,b", "b,d", "a,b,c,d")},
		{name: "doc", ddl: "JSON", null: true, value: document},
		{name: "fixed", ddl: "BINARY(8)", load: "UNHEX(@v)", null: true, value: binary(8, 8)},
		{name: "raw", ddl: "BLOB", load: "UNHEX(@v)", null: true, value: binary(0, 24)},
	}
}

// key counts up from first.
func key(first int64) func([]byte, int64, *random) []byte {
	return func(dst []byte, i int64, _ *random) []byte { return strconv.AppendInt(dst, first+i, 10) }
}

// unsigned is any 64-bit number; one in 16 is the largest, and half of them fit a signed one.
func unsigned(dst []byte, _ int64, r *random) []byte {
	v := r.next()
	if r.oneIn(16) {
		v = 1<<64 - 1
	}
	return strconv.AppendUint(dst, v, 10)
}

// float is a number of the given size over many magnitudes, both signs, with whole numbers and zero among them.
func float(size int) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		v := float64(r.between(-1_000_000_000, 1_000_000_000))
		for exp := r.between(-18, 18); exp != 0; {
			if exp > 0 {
				v, exp = v*10, exp-1
			} else {
				v, exp = v/10, exp+1
			}
		}
		if r.oneIn(8) {
			v = float64(r.between(-3, 3))
		}
		return strconv.AppendFloat(dst, v, 'g', -1, size)
	}
}

// decimal has up to whole digits before the point and exactly scale digits after it.
func decimal(whole, scale int64) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		if r.oneIn(2) {
			dst = append(dst, '-')
		}
		if n := r.below(whole + 1); n == 0 {
			dst = append(dst, '0')
		} else {
			dst = append(dst, byte('1'+r.below(9)))
			dst = someDigits(dst, r, n-1)
		}
		return someDigits(append(dst, '.'), r, scale)
	}
}

func someDigits(dst []byte, r *random, n int64) []byte {
	for range n {
		dst = append(dst, byte('0'+r.below(10)))
	}
	return dst
}
