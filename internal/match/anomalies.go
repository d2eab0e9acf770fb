package match

// TextAnomalies are the anomalies of one record's text that decide nothing but are
// counted in the coverage. Metadata that is null, absent, empty, a string or an array is
// not one.
type TextAnomalies struct {
	InvalidUTF8    bool // a string or key holds bytes that are not UTF-8
	LoneSurrogate  bool // a string or key holds half a surrogate pair as an escape
	DuplicateKeys  bool // an object names a key twice
	KeyCase        bool // a top-level key is one of the schema's but for its case
	MetadataScalar bool // the metadata is a number, true or false
}

// rules are the rules of docs/quirks.md that were seen, each once, in order.
func (a TextAnomalies) rules() []string {
	var rules []string
	if a.InvalidUTF8 || a.LoneSurrogate {
		rules = append(rules, "Q13")
	}
	if a.DuplicateKeys || a.KeyCase {
		rules = append(rules, "Q14")
	}
	if a.MetadataScalar {
		rules = append(rules, "Q30")
	}
	return rules
}
