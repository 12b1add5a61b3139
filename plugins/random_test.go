package plugins

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// allKinds are the kinds that values can have.
var allKinds = []Kind{KindBool, KindInt64, KindUint64, KindFloat32, KindFloat64, KindDecimal, KindString,
	KindBytes, KindDate, KindTime, KindDatetime, KindTimestamp, KindJSON}

// newRandom returns a generator whose seed is in the test's output.
func newRandom(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 7))
}

// appendRandom appends a value of v's kind: often an extreme, else any.
func appendRandom(v *Vector, r *rand.Rand) {
	switch v.Kind {
	case KindBool:
		v.AppendInt(r.Int64N(2))
	case KindInt64, KindUint64:
		v.AppendInt(int64(r.Uint64() >> r.UintN(64)))
	case KindFloat32:
		v.AppendFloat(float64(math.Float32frombits(r.Uint32())))
	case KindFloat64:
		v.AppendFloat(math.Float64frombits(r.Uint64()))
	case KindDecimal:
		v.Data = randomDecimal(v.Data, r)
		v.EndValue()
	case KindString:
		v.AppendString(randomText(r))
	case KindBytes:
		v.AppendBytes(binary.LittleEndian.AppendUint64(nil, r.Uint64())[:r.IntN(9)])
	case KindDate:
		v.AppendInt(r.Int64N(7_000_000) - 3_500_000)
	case KindTime:
		v.AppendInt(r.Int64N(2*839*3600*microsPerSecond) - 839*3600*microsPerSecond)
	case KindDatetime, KindTimestamp:
		v.AppendInt(r.Int64N(600_000*365*86_400)*microsPerSecond - 300_000*365*microsPerDay/2 + r.Int64N(microsPerSecond))
	case KindJSON:
		v.AppendString(strconv.Quote(strconv.FormatUint(r.Uint64(), 36)))
	}
}

func randomDecimal(dst []byte, r *rand.Rand) []byte {
	if r.IntN(2) == 0 {
		dst = append(dst, '-')
	}
	dst = append(dst, byte('1'+r.IntN(9))) // a zero could not keep its sign
	for range r.IntN(30) {
		dst = append(dst, byte('0'+r.IntN(10)))
	}
	if n := r.IntN(10); n > 0 {
		dst = append(dst, '.')
		for range n {
			dst = append(dst, byte('0'+r.IntN(10)))
		}
	}
	return dst
}

func randomText(r *rand.Rand) string {
	alphabet := []rune("ab\t\n\\\",;|N\x00\x01é中😀 ")
	text := make([]rune, r.IntN(20))
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}
