package job

// The codes of what loading a job or a site file can find. They are stable:
// scripts and pages refer to them. internal/fault holds the table of all codes
// with their meanings; a test there compares it with this list.
const (
	CodeUnreadable = "E2002" // the file cannot be read
	CodeSyntax     = "E2003" // not JSON
	CodeEncoding   = "E2004" // not UTF-8
	CodeDuplicate  = "E2005" // a key stands twice

	CodeMissingVariable = "E2010" // a variable without a value
	CodeBadVariable     = "E2011" // an expression in ${} that means nothing

	CodeSkeleton          = "E2101" // reader, writer or content missing or of the wrong shape
	CodeContents          = "E2102" // more than one content
	CodeUnknownPlugin     = "E2103" // nobody knows this plugin
	CodeUnknownKey        = "E2104" // nobody knows this key
	CodeType              = "E2105" // the value is of the wrong type
	CodeValue             = "E2106" // the value is out of its range or does not go with others
	CodeUnsupportedPlugin = "E2107" // known from FlinkX or DataX, not in weft
	CodeUnsupported       = "E2108" // a setting that asks for what weft does not do
	CodeIgnored           = "E2109" // a setting without effect
	CodeApproximated      = "E2110" // a setting with another effect than in FlinkX or DataX

	CodePlainSecret = "E2120" // a secret stands in clear text
	CodeSecretRef   = "E2121" // a reference to a secret cannot be resolved
	CodeSealed      = "E2122" // a sealed secret cannot be opened

	CodeSiteFile  = "E2201" // a site file cannot be read or parsed
	CodeSiteKey   = "E2202" // an unknown site key
	CodeSiteValue = "E2203" // a site value of the wrong type or range
	CodeSiteFinal = "E2204" // an attempt to change a final key
)

// Codes returns every code this package gives, in ascending order.
func Codes() []string {
	return []string{
		CodeUnreadable, CodeSyntax, CodeEncoding, CodeDuplicate,
		CodeMissingVariable, CodeBadVariable,
		CodeSkeleton, CodeContents, CodeUnknownPlugin, CodeUnknownKey, CodeType, CodeValue,
		CodeUnsupportedPlugin, CodeUnsupported, CodeIgnored, CodeApproximated,
		CodePlainSecret, CodeSecretRef, CodeSealed,
		CodeSiteFile, CodeSiteKey, CodeSiteValue, CodeSiteFinal,
	}
}
