package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"weft/plugins"
)

// prepared is a prepared statement of the session.
type prepared struct {
	id    uint32
	bound bool // the server knows the types of the parameters
}

// Types of parameters ("Binary Protocol Value").
const (
	sendFloat    = 0x04
	sendDouble   = 0x05
	sendLongLong = 0x08
	sendDate     = 0x0a
	sendTime     = 0x0b
	sendDatetime = 0x0c
	sendDecimal  = 0xf6
	sendBlob     = 0xfc
	sendText     = 0xfd
	sendUnsigned = 0x8000
)

func parameterType(kind plugins.Kind) uint16 {
	switch kind {
	case plugins.KindInt64, plugins.KindBool:
		return sendLongLong
	case plugins.KindUint64:
		return sendLongLong | sendUnsigned
	case plugins.KindFloat32:
		return sendFloat
	case plugins.KindFloat64:
		return sendDouble
	case plugins.KindDecimal:
		return sendDecimal
	case plugins.KindDate:
		return sendDate
	case plugins.KindTime:
		return sendTime
	case plugins.KindDatetime, plugins.KindTimestamp:
		return sendDatetime
	case plugins.KindBytes:
		return sendBlob
	}
	return sendText
}

// prepare has the server parse a statement with the given number of parameters.
//
//	| 0x00 | statement id, 4 | columns, 2 | parameters, 2 | 0 | warnings, 2 |
//
// Behind it come a definition of each parameter and an EOF packet.
func (s *session) prepare(ctx context.Context, statement string, parameters int) (p prepared, err error) {
	end, err := s.guard(ctx)
	if err != nil {
		return p, err
	}
	p, err = s.prepareNow(statement, parameters)
	return p, end(err)
}

func (s *session) prepareNow(statement string, parameters int) (prepared, error) {
	if err := s.begin(append([]byte{0, 0, 0, 0, commandPrepare}, statement...)); err != nil {
		return prepared{}, err
	}
	p, err := s.lib.ReadPacket()
	switch {
	case err != nil:
		return prepared{}, err
	case len(p) > 0 && p[0] == answerError:
		return prepared{}, parseError(p)
	case len(p) < 9 || p[0] != answerOK:
		return prepared{}, errors.New("prepare statement: the answer makes no sense")
	}
	if got := int(binary.LittleEndian.Uint16(p[7:])); got != parameters {
		return prepared{}, fmt.Errorf("prepare statement: the server counts %d parameters, there are %d", got, parameters)
	}
	for range parameters + 1 {
		if _, err := s.lib.ReadPacket(); err != nil {
			return prepared{}, err
		}
	}
	return prepared{id: binary.LittleEndian.Uint32(p[1:])}, nil
}

// appendExecute appends the command that executes p on the rows named:
//
//	| 0x17 | statement id, 4 | flags: no cursor | iterations: 1, 4 |
//	| NULLs, a bit for each parameter | types follow: 0 or 1 | types, 2 each | values |
func (w *Writer) appendExecute(dst []byte, p prepared, b *plugins.Batch, rows []int32) []byte {
	dst = append(dst, commandExecute)
	dst = binary.LittleEndian.AppendUint32(dst, p.id)
	dst = append(dst, 0, 1, 0, 0, 0)
	nulls := len(dst)
	parameters := len(rows) * len(w.columns)
	for range (parameters + 7) / 8 {
		dst = append(dst, 0)
	}
	if p.bound {
		dst = append(dst, 0)
	} else {
		dst = append(dst, 1)
		for range rows {
			for c := range w.columns {
				dst = binary.LittleEndian.AppendUint16(dst, w.columns[c].parameter)
			}
		}
	}
	n := 0
	for _, i := range rows {
		for c := range w.columns {
			v := &b.Columns[c]
			if v.IsNull(int(i)) {
				dst[nulls+n/8] |= 1 << (n % 8)
			} else {
				dst = appendParameter(dst, v, int(i))
			}
			n++
		}
	}
	return dst
}

func appendParameter(dst []byte, v *plugins.Vector, i int) []byte {
	switch v.Kind {
	case plugins.KindInt64, plugins.KindUint64, plugins.KindBool:
		return binary.LittleEndian.AppendUint64(dst, uint64(v.Ints[i]))
	case plugins.KindFloat32:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v.Floats[i])))
	case plugins.KindFloat64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[i]))
	case plugins.KindDate:
		return appendDay(append(dst, 4), v.Ints[i])
	case plugins.KindDatetime, plugins.KindTimestamp:
		return appendMoment(dst, v.Ints[i])
	case plugins.KindTime:
		return appendSpan(dst, v.Ints[i])
	}
	value := v.Bytes(i)
	return append(appendLength(dst, len(value)), value...)
}

func appendDay(dst []byte, days int64) []byte {
	year, month, day := plugins.CivilOf(days)
	return append(binary.LittleEndian.AppendUint16(dst, uint16(year)), byte(month), byte(day))
}

// appendMoment appends | 11 | year, 2 | month | day | hour | minute | second | microseconds, 4 |,
// or the first eight bytes of that if there is no fraction.
func appendMoment(dst []byte, micros int64) []byte {
	days := micros / dayMicros
	rest := micros % dayMicros
	if rest < 0 {
		days, rest = days-1, rest+dayMicros
	}
	fraction := rest % secondMicros
	seconds := rest / secondMicros
	dst = appendDay(append(dst, pick[byte](fraction == 0, 7, 11)), days)
	dst = append(dst, byte(seconds/3600), byte(seconds/60%60), byte(seconds%60))
	if fraction == 0 {
		return dst
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(fraction))
}

// appendSpan appends | 12 | negative | days, 4 | hour | minute | second | microseconds, 4 |,
// or the first nine bytes of that if there is no fraction.
func appendSpan(dst []byte, micros int64) []byte {
	negative := byte(0)
	if micros < 0 {
		negative, micros = 1, -micros
	}
	fraction := micros % secondMicros
	seconds := micros / secondMicros
	dst = append(dst, pick[byte](fraction == 0, 8, 12), negative)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(seconds/86_400))
	dst = append(dst, byte(seconds/3600%24), byte(seconds/60%60), byte(seconds%60))
	if fraction == 0 {
		return dst
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(fraction))
}

// appendLength appends a number as lengths are written ("Length-Encoded Integer").
func appendLength(dst []byte, n int) []byte {
	switch {
	case n <= 250:
		return append(dst, byte(n))
	case n < 1<<16:
		return binary.LittleEndian.AppendUint16(append(dst, 252), uint16(n))
	case n < 1<<24:
		return append(dst, 253, byte(n), byte(n>>8), byte(n>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 254), uint64(n))
}
