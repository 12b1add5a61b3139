package plugins

// The conversions between dates, wall-clock times and instants.

func dateToDatetime(_ *Converter, dst, src *Vector, i int) problem {
	wall, p := midnight(src.Ints[i])
	if p == fine {
		dst.AppendInt(wall)
	}
	return p
}

func dateToTimestamp(c *Converter, dst, src *Vector, i int) problem {
	wall, p := midnight(src.Ints[i])
	if p != fine {
		return p
	}
	return c.appendInstant(dst, wall)
}

// midnight returns the microseconds at which a day begins.
func midnight(days int64) (int64, problem) {
	if days < farPast/microsPerDay || days > farFuture/microsPerDay {
		return 0, outside
	}
	return days * microsPerDay, fine
}

func datetimeToDate(_ *Converter, dst, src *Vector, i int) problem {
	return appendDay(dst, src.Ints[i])
}

func timestampToDate(c *Converter, dst, src *Vector, i int) problem {
	return appendDay(dst, c.clock.wall(src.Ints[i]))
}

// appendDay appends the day that begins at the wall-clock time.
func appendDay(dst *Vector, wall int64) problem {
	if wall%microsPerDay != 0 {
		return imprecise
	}
	dst.AppendInt(wall / microsPerDay)
	return fine
}

func timestampToDatetime(c *Converter, dst, src *Vector, i int) problem {
	dst.AppendInt(c.clock.wall(src.Ints[i]))
	return fine
}

func datetimeToTimestamp(c *Converter, dst, src *Vector, i int) problem {
	return c.appendInstant(dst, src.Ints[i])
}

func (c *Converter) appendInstant(dst *Vector, wall int64) problem {
	instant, ok := c.clock.instant(wall)
	if !ok {
		return skipped
	}
	dst.AppendInt(instant)
	return fine
}

// textToTimestamp reads a date and time with Z or an offset such as +08:00 as
// an instant (RFC 3339), one without as wall-clock time.
func textToTimestamp(c *Converter, dst, src *Vector, i int) problem {
	text, offset, zoned := cutOffset(src.Bytes(i))
	wall, err := parseDatetime(text)
	if err != nil {
		return problemOf(err)
	}
	if !zoned {
		return c.appendInstant(dst, wall)
	}
	dst.AppendInt(wall - offset)
	return fine
}

// cutOffset cuts Z, +HH:MM or -HH:MM off the end of a date and time; offset is
// in microseconds.
func cutOffset(text []byte) (rest []byte, offset int64, ok bool) {
	n := len(text)
	if n > 0 && (text[n-1] == 'Z' || text[n-1] == 'z') {
		return text[:n-1], 0, true
	}
	// A time of day must stand before it, else -01:00 could end a date.
	if n < len("2006-01-02 15:04:05+08:00") || text[n-3] != ':' || text[n-6] != '+' && text[n-6] != '-' {
		return text, 0, false
	}
	hours, _, err := digits(text[n-5:n-3], 2)
	if err != nil || hours > 18 {
		return text, 0, false
	}
	minutes, _, err := digits(text[n-2:], 2)
	if err != nil || minutes > 59 {
		return text, 0, false
	}
	offset = int64(hours*60+minutes) * 60 * microsPerSecond
	if text[n-6] == '-' {
		offset = -offset
	}
	return text[:n-6], offset, true
}
