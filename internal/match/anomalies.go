package match

// Anomalies are the oddities of one record that decide nothing but are counted in
// the coverage. Metadata that is null, absent, empty, a string or an array is not one.
type Anomalies struct {
	InvalidUTF8    bool // a string or key holds bytes that are not UTF-8
	LoneSurrogate  bool // a string or key holds half a surrogate pair as an escape
	DuplicateKeys  bool // an object names a key twice
	KeyCase        bool // a top-level key is _id or metadata but for its case; it is not looked at
	MetadataScalar bool // the metadata is a number, true or false
}

// Rules are the rules of docs/quirks.md that were seen, each once, in order.
func (a Anomalies) Rules() []string {
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
