package plugins

// decimal is a decimal number taken apart: slices of the text it was read
// from, without sign, without zeros in front.
type decimal struct {
	negative bool
	whole    []byte // digits before the point, without leading zeros; may be empty
	fraction []byte // digits after the point, trailing zeros included
}

// splitDecimal takes [+-]digits[.digits] apart; at least one digit is needed,
// on either side of the point. It does no arithmetic, so every length is exact.
func splitDecimal(text []byte) (d decimal, ok bool) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	point := len(text)
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && point == len(text):
			point = i
		default:
			return decimal{}, false
		}
	}
	if point < len(text) {
		d.fraction = text[point+1:]
	}
	d.whole = text[:point]
	if len(d.whole)+len(d.fraction) == 0 {
		return decimal{}, false
	}
	for len(d.whole) > 0 && d.whole[0] == '0' {
		d.whole = d.whole[1:]
	}
	return d, true
}

// significant returns the fraction without trailing zeros.
func (d decimal) significant() []byte {
	f := d.fraction
	for len(f) > 0 && f[len(f)-1] == '0' {
		f = f[:len(f)-1]
	}
	return f
}

// isZero says that the number is 0, so that a sign means nothing.
func (d decimal) isZero() bool { return len(d.whole) == 0 && len(d.significant()) == 0 }

// append appends the canonical text with exactly scale digits behind the
// point; the caller has checked that none but zeros fall off.
func (d decimal) append(dst []byte, scale int) []byte {
	if d.negative && !d.isZero() {
		dst = append(dst, '-')
	}
	if len(d.whole) == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, d.whole...)
	if scale <= 0 {
		return dst
	}
	dst = append(append(dst, '.'), d.fraction[:min(scale, len(d.fraction))]...)
	for n := len(d.fraction); n < scale; n++ {
		dst = append(dst, '0')
	}
	return dst
}
