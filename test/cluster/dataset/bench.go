package dataset

import "time"

// Bench is the table of the speed figures: bigint primary key from 1, two ints, datetime, decimal(12,2) and three
// varchars of 16 to 24 characters; 115 bytes a row as text with separators. No NULLs and nothing to escape.
func Bench() Shape {
	from, to := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return Shape{
		columns: []column{
			{name: "id", ddl: "BIGINT NOT NULL", value: key(1)},
			{name: "user_id", ddl: "INT NOT NULL", value: integer(1_000_000_000, 2_147_483_647)},
			{name: "status", ddl: "INT NOT NULL", value: integer(100, 999)},
			{name: "created_at", ddl: "DATETIME NOT NULL", value: moments(from, to, 0)},
			{name: "amount", ddl: "DECIMAL(12,2) NOT NULL", value: amount},
			{name: "city", ddl: "VARCHAR(32) NOT NULL", value: letters},
			{name: "name", ddl: "VARCHAR(32) NOT NULL", value: letters},
			{name: "remark", ddl: "VARCHAR(32) NOT NULL", value: letters},
		},
		extra: "PRIMARY KEY (id)",
	}
}

func amount(dst []byte, _ int64, r *random) []byte {
	dst = digits(dst, r.between(1, 999_999), 1)
	return digits(append(dst, '.'), r.below(100), 2)
}

// letters are 16 to 24 lower-case letters.
func letters(dst []byte, _ int64, r *random) []byte {
	bits := r.next()
	for n := r.between(16, 24); n > 0; n-- {
		if bits < 26 {
			bits = r.next()
		}
		dst = append(dst, byte('a'+bits%26))
		bits /= 26
	}
	return dst
}
