package dataset

import "encoding/hex"

// traps are texts that break programs that glue text together.
var traps = []string{
	"", " ", "  both ends  ", "NULL", "null", `\N`, `\`, `\\`, `a\tb`, `C:\dir\new`, "tab\there", "line\nbreak", "dos\r\nbreak",
	`say "hi"`, "it's", "a,b;c|d", "100%", "<b>&amp;</b>", "数据传输", "中文，标点。", "emoji 😀👍🏽", "naïve Ωmega ñ",
	"אבג عربي", "\u00a0nbsp\u200bzero", "{\"k\":\"v\"}", "'; DROP TABLE x; --", "${var}", "0", "-1", "1e5", "007", "true",
}

// words make up ordinary text.
var words = []string{
	"order", "ship", "north", "river", "copper", "lamp", "violet", "seven", "quick", "stone", "cloud", "paper",
	"上海", "北京", "订单", "客户", "été", "über", "niño", "smörgås",
}

// texts is ordinary text of at most maxWords words; one in eight is a trap.
func texts(maxWords int64) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		if r.oneIn(8) {
			return escaped(dst, r.pick(traps))
		}
		for n := r.between(1, maxWords); n > 0; n-- {
			dst = append(dst, r.pick(words)...)
			if n > 1 {
				dst = append(dst, ' ')
			}
		}
		return dst
	}
}

// binary is arbitrary bytes of random length as hexadecimal digits, for UNHEX.
func binary(minBytes, maxBytes int64) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		for n := r.between(minBytes, maxBytes); n > 0; n-- {
			dst = hex.AppendEncode(dst, []byte{byte(r.next())})
		}
		return dst
	}
}

// document is a small JSON object.
func document(dst []byte, i int64, r *random) []byte {
	dst = append(dst, `{"id": `...)
	dst = digits(dst, r.below(1000), 1)
	dst = append(dst, `, "tags": ["`...)
	dst = append(dst, r.pick(words)...)
	dst = append(dst, `", null, true], "quote": "a `...)
	dst = escaped(dst, `\"b\" \\ `) // what JSON escapes is escaped once more for LOAD DATA
	return append(dst, r.pick(words)+`"}`...)
}
