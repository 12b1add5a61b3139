package mysql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// encodings are the names of character sets, of Java and of MySQL, without
// dashes and underscores, that Connector/J takes (CharsetMapping).
var encodings = strings.Fields(`utf8 utf8mb3 utf8mb4 cesu8 utf16 utf16le utf16be utf32 ucs2 unicodebig ascii usascii latin1 latin2 latin5 latin7
	iso88591 iso88592 iso88597 iso88598 iso88599 iso885913 iso885915 gbk gb2312 gb18030 euccn cp936 ms936 big5 eucjp eucjplinux eucjpms ujis sjis
	shiftjis cp932 ms932 windows31j euckr cp949 ms949 tis620 koi8r koi8u cp850 cp852 cp866 cp1250 cp1251 cp1252 cp1256 cp1257 windows1250
	windows1251 windows1252 windows1256 windows1257 windows949 windows936 hebrew greek armscii8 geostd8 swe7 dec8 hp8 keybcs2 macroman macce binary`)

// shortZones are the ids of zones of Java (ZoneId.SHORT_IDS) and words of
// Connector/J that the zone database does not have.
var shortZones = strings.Fields(`act aet agt art ast bet bst cat cnt cst ctt eat ect iet ist jst mit net nst plt pnt prt pst sst vst
	local server utc gmt z hkt kst`)

// zoneOffset is GMT+8, UTC+08:00, +0800; a + that was not escaped has become a
// space.
var zoneOffset = regexp.MustCompile(`^(?i:gmt|utc|ut)?[+ -][0-9]{1,2}(:?[0-9]{2})?$`)

// doubtful says that a parameter without effect here has a value that
// Connector/J would not take either; "" if it would. Whoever wrote it meant
// something else.
func doubtful(name, value string) string {
	switch name {
	case "characterencoding", "characterset":
		known := slices.Contains(encodings, strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(value)))
		if value != "" && !known {
			return fmt.Sprintf("nobody knows the encoding %q; text is always read as utf8mb4", value)
		}
	case "servertimezone", "connectiontimezone":
		_, err := time.LoadLocation(value)
		if err != nil && !zoneOffset.MatchString(value) && !slices.Contains(shortZones, strings.ToLower(value)) {
			return fmt.Sprintf("nobody knows the zone %q; %s", value, noted[name])
		}
	}
	return ""
}
