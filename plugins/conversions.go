package plugins

import (
	"fmt"
	"strings"
)

// rule is one cell of the table of conversions.
type rule struct {
	// convert appends one converted value to dst; see Converter.convert. nil
	// in the cells whose values stay as they are.
	convert func(c *Converter, dst, src *Vector, i int) problem
	// risk says what convert may refuse, limits of the target apart; nil for
	// a conversion that takes every value.
	risk func(from, to Column) string
}

// The conversions, kind x kind: rows are the source's kind, columns the
// target's. "=" stays as it is, "+" takes every value, "?" refuses some, "." does
// not exist. Declared limits of the target may refuse more.
//
//	from \ to  bool i64 u64 f32 f64 dec str byt date time dt  ts  json
//	bool        =    +   +   .   .   .   +   .   .    .   .   .   +
//	int64       ?    =   ?   ?   ?   +   +   .   .    .   .   .   +
//	uint64      ?    ?   =   ?   ?   +   +   .   .    .   .   .   +
//	float32     .    ?   ?   =   +   ?   +   .   .    .   .   .   ?
//	float64     .    ?   ?   ?   =   ?   +   .   .    .   .   .   ?
//	decimal     ?    ?   ?   ?   ?   ?   +   .   .    .   .   .   +
//	string      ?    ?   ?   ?   ?   ?   =   +   ?    ?   ?   ?   ?
//	bytes       .    .   .   .   .   .   ?   =   .    .   .   .   .
//	date        .    .   .   .   .   .   +   .   =    .   +   ?   .
//	time        .    .   .   .   .   .   +   .   .    =   .   .   .
//	datetime    .    .   .   .   .   .   +   .   ?    .   =   ?   .
//	timestamp   .    .   .   .   .   .   +   .   ?    .   +   =   .
//	json        .    .   .   .   .   .   +   +   .    .   .   .   =
//
// Numbers become numbers of the same value. Between floats and decimals, and
// from a double to a float, the same value means the same shortest text: 0.1 is
// 0.1 in all of them, and what needs more digits than the target keeps is
// refused; text becomes the nearest float. A number is a bool if it is 0 or 1. Bytes become text if they
// are UTF-8. A date and time becomes a date only at midnight. Text is read as
// ParseText reads it; a timestamp's text that ends in neither Z nor an offset
// is wall-clock time in the converter's zone, and so is the text that a
// timestamp becomes.
var conversions = [kindEnd][kindEnd]rule{
	KindBool: {
		KindBool: {}, KindInt64: {convert: keepInt}, KindUint64: {convert: keepInt},
		KindString: {convert: toText}, KindJSON: {convert: toText},
	},
	KindInt64: {
		KindBool: {intToBool, always("numbers but 0 and 1")}, KindInt64: {},
		KindUint64:  {flipSign, always("negative numbers")},
		KindFloat32: {signedToFloat, inexactInt}, KindFloat64: {signedToFloat, inexactInt},
		KindDecimal: {textToDecimal, decimalRisk},
		KindString:  {convert: toText}, KindJSON: {convert: toText},
	},
	KindUint64: {
		KindBool:  {intToBool, always("numbers but 0 and 1")},
		KindInt64: {flipSign, unsignedRisk}, KindUint64: {},
		KindFloat32: {unsignedToFloat, inexactInt}, KindFloat64: {unsignedToFloat, inexactInt},
		KindDecimal: {textToDecimal, decimalRisk},
		KindString:  {convert: toText}, KindJSON: {convert: toText},
	},
	KindFloat32: {
		KindInt64: {floatToSigned, always(notWhole)}, KindUint64: {floatToUnsigned, always(notWhole)},
		KindFloat32: {}, KindFloat64: {convert: keepFloat},
		KindDecimal: {textToDecimal, floatRisk},
		KindString:  {convert: toText}, KindJSON: {floatToJSON, always(notFinite)},
	},
	KindFloat64: {
		KindInt64: {floatToSigned, always(notWhole)}, KindUint64: {floatToUnsigned, always(notWhole)},
		KindFloat32: {narrowFloat, always("numbers with more digits than a float keeps")}, KindFloat64: {},
		KindDecimal: {textToDecimal, floatRisk},
		KindString:  {convert: toText}, KindJSON: {floatToJSON, always(notFinite)},
	},
	KindDecimal: {
		KindBool:    {decimalToBool, always("numbers but 0 and 1")},
		KindInt64:   {decimalToInt, always(notWhole)},
		KindUint64:  {decimalToInt, always(notWhole)},
		KindFloat32: {decimalToFloat, always("numbers with more digits than a float keeps")},
		KindFloat64: {decimalToFloat, always("numbers with more digits than a double keeps")},
		KindDecimal: {textToDecimal, decimalRisk},
		KindString:  {convert: keepData}, KindJSON: {convert: keepData},
	},
	KindString: {
		KindBool: {parseValue, noTextOf}, KindInt64: {parseValue, noTextOf}, KindUint64: {parseValue, noTextOf},
		KindFloat32: {parseValue, noTextOf}, KindFloat64: {parseValue, noTextOf},
		KindDecimal: {textToDecimal, noTextOf}, KindString: {}, KindBytes: {convert: keepData},
		KindDate: {parseValue, noTextOf}, KindTime: {parseValue, noTextOf}, KindDatetime: {parseValue, noTextOf},
		KindTimestamp: {textToTimestamp, noTextOf}, KindJSON: {textToJSON, noTextOf},
	},
	KindBytes: {KindString: {bytesToText, always("bytes that are no UTF-8")}, KindBytes: {}},
	KindDate: {
		KindString: {convert: toText}, KindDate: {}, KindDatetime: {convert: dateToDatetime},
		KindTimestamp: {dateToTimestamp, gapRisk},
	},
	KindTime: {KindString: {convert: toText}, KindTime: {}},
	KindDatetime: {
		KindString: {convert: toText}, KindDate: {datetimeToDate, always("times other than midnight")},
		KindDatetime: {}, KindTimestamp: {datetimeToTimestamp, gapRisk},
	},
	KindTimestamp: {
		KindString: {convert: timestampToText}, KindDate: {timestampToDate, always("times other than midnight")},
		KindDatetime: {convert: timestampToDatetime}, KindTimestamp: {},
	},
	KindJSON: {KindString: {convert: keepData}, KindBytes: {convert: keepData}, KindJSON: {}},
}

// ruleOf returns the cell; ok is false for an empty one.
func ruleOf(from, to Kind) (r rule, ok bool) {
	if from == KindInvalid || to == KindInvalid || from >= kindEnd || to >= kindEnd {
		return rule{}, false
	}
	r = conversions[from][to]
	return r, r.convert != nil || from == to
}

const (
	notWhole  = "numbers that are not whole or too large"
	notFinite = "NaN and infinities"
)

func always(text string) func(Column, Column) string {
	return func(Column, Column) string { return text }
}

func noTextOf(_, to Column) string { return "texts that are no " + describe(to) }

func gapRisk(_, _ Column) string { return "wall-clock times that the zone skips" }

func unsignedRisk(from, to Column) string {
	if width(from) < 8 {
		return "" // fits a signed one of 64 bits; a narrower target is a limit
	}
	return "numbers beyond the signed range"
}

func inexactInt(from, to Column) string {
	exactBytes := 6 // 48 of the 53 bits of a double
	if to.Kind == KindFloat32 {
		exactBytes = 3 // the 24 bits of a float
	}
	if width(from) <= exactBytes {
		return ""
	}
	return fmt.Sprintf("whole numbers that %s cannot hold exactly", describe(to))
}

func floatRisk(from, to Column) string {
	if unbounded(to) {
		return notFinite
	}
	return notFinite + ", numbers that do not fit " + describe(to)
}

// Digits of the largest signed and unsigned integers of 0 to 8 bytes.
var (
	signedDigits   = [...]int{0, 3, 5, 7, 10, 12, 15, 17, 19}
	unsignedDigits = [...]int{0, 3, 5, 8, 10, 13, 15, 17, 20}
)

func decimalRisk(from, to Column) string {
	whole, fraction := from.Precision-from.Scale, from.Scale
	switch {
	case unbounded(to), from.Kind == KindDecimal && fitsDecimal(from, to):
		return ""
	case from.Kind == KindInt64:
		whole, fraction = signedDigits[width(from)], 0
	case from.Kind == KindUint64:
		whole, fraction = unsignedDigits[width(from)], 0
	case from.Precision == 0:
		return "numbers that do not fit " + describe(to)
	}
	if fraction <= to.Scale && (to.Precision == 0 || whole <= to.Precision-to.Scale) {
		return ""
	}
	return "numbers that do not fit " + describe(to)
}

// lossyText puts together what Lossy says.
func lossyText(from, to Column, risk func(from, to Column) string) string {
	var refused []string
	if from.Nullable && !to.Nullable {
		refused = append(refused, "NULL")
	}
	if risk != nil {
		if text := risk(from, to); text != "" {
			refused = append(refused, text)
		}
	}
	if _, limited := limitsOf(from, to); limited {
		refused = append(refused, limitText(to))
	}
	if len(refused) == 0 {
		return ""
	}
	return "refuses " + strings.Join(refused, ", ")
}

func limitText(to Column) string {
	switch {
	case isInteger(to.Kind):
		return "numbers outside the range of " + describe(to)
	case isFractional(to.Kind) && to.Scale <= 0:
		return "fractions of a second"
	case isFractional(to.Kind):
		return fmt.Sprintf("more than %d digits of a second's fraction", to.Scale)
	case to.Kind == KindBytes:
		return fmt.Sprintf("more than %d bytes", to.Length)
	}
	return fmt.Sprintf("more than %d characters", to.Length)
}
