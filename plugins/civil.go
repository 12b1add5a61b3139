package plugins

// Days and microseconds on the proleptic Gregorian calendar. The two day
// conversions follow Howard Hinnant's "chrono-Compatible Low-Level Date
// Algorithms" (days_from_civil, civil_from_days).

// Microseconds in a second and in a day.
const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// DaysOf returns the days from 1970-01-01 to the given day. month is 1 to 12;
// day may be any, it is simply added.
func DaysOf(year, month, day int) int64 {
	if uint(year) > maxNearYear {
		return daysOfFar(year, month, day)
	}
	// The year begins in March, so that the leap day is its last; 400 years are
	// added to stay above 0. 979/32 days a month gives the days before each of
	// them exactly (Neri and Schneider, "Euclidean affine functions and their
	// application to calendar algorithms").
	y, m := uint32(year)+400, uint32(month)
	if m <= 2 {
		y--
		m += 12
	}
	century := y / 100
	days := 1461*y/4 - century + century/4 + (979*m-2919)>>5
	return int64(days) + int64(day) - (719_469 + 146_097)
}

// maxNearYear is the last year that DaysOf computes the short way.
const maxNearYear = 9999

// daysOfFar is DaysOf for any year.
func daysOfFar(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + int64(day) - 1
	return era*146_097 + yoe*365 + yoe/4 - yoe/100 + doy - 719_468
}

// CivilOf returns the calendar day that lies days after 1970-01-01.
func CivilOf(days int64) (year, month, day int) {
	days += 719_468
	era := floorDiv(days, 146_097)
	doe := uint32(days - era*146_097)
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp) + 3
	if month > 12 {
		month -= 12
	}
	year = int(yoe) + int(era)*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// DaysIn returns the length of a month, 1 to 12, in days; of any other number it
// is 31.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
