package export

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
)

// Said is what a page says of itself beside its records.
type Said struct {
	Total int64 // how many records there are, of all pages; 0: it does not say
	More  bool  // it names a page that follows
	// Partial are what it says against itself, in words: that it is not all there is.
	Partial []string
}

// totals are the names under which a page of the export's schema may count its records.
var totals = []string{"total", "totalcount", "totalrecords", "totalresults", "totalentries", "totalitems"}

// member takes in what stands beside the records. The case of names does not matter.
func (s *Said) member(name string, value jsontext.Value) {
	switch plain := strings.ToLower(strings.ReplaceAll(name, "_", "")); plain {
	case "partial", "ispartial", "partialresults", "incompleteresults", "truncated":
		if saysYes(value) {
			s.Partial = append(s.Partial, "partial")
		}
	case "timedout":
		if saysYes(value) {
			s.Partial = append(s.Partial, plain)
		}
	case "hasmore", "more":
		s.More = s.More || saysYes(value)
	case "cursor", "nextcursor", "nextpage", "nextpagetoken", "next":
		s.More = s.More || saysSomething(value)
	case "error", "errors":
		if saysSomething(value) {
			s.Partial = append(s.Partial, plain)
		}
	default:
		for _, known := range totals {
			if n, ok := wholeNumber(value); ok && plain == known {
				s.Total = max(s.Total, n)
			}
		}
	}
}

// saysYes reports whether a value is true, in any of the ways that vendors write it.
func saysYes(value jsontext.Value) bool {
	switch string(bytes.ToLower(bytes.Trim(value, `"`))) {
	case "true", "1", "yes":
		return true
	}
	return false
}

// saysSomething reports whether a value is other than null, false, nought or empty.
func saysSomething(value jsontext.Value) bool {
	if err := value.Compact(); err != nil {
		return true
	}
	switch string(value) {
	case "null", "false", "0", `""`, "[]", "{}":
		return false
	}
	return true
}

func (s *Said) add(t Said) {
	s.Total, s.More, s.Partial = max(s.Total, t.Total), s.More || t.More, append(s.Partial, t.Partial...)
}

// faults says in words what a page says against itself; where names what it is a page of.
func (s Said) faults(where string) (why []dsr.Reason) {
	words := map[string]string{
		"partial": "the vendor says that it is only a part", "timedout": "the vendor says that it ran out of time",
		"error": "the vendor reports an error beside the records", "errors": "the vendor reports errors beside the records",
	}
	for _, said := range s.Partial {
		why = append(why, dsr.Reason{Code: dsr.ReasonPartial, Detail: where + ": " + words[said]})
	}
	return why
}

// readSaid reads what a page's text says beside its records, whose array may be left out
// of it but for the brackets.
func readSaid(text []byte) (s Said) {
	_ = readObject(text, func(name string, dec *jsontext.Decoder) error {
		if name == "data" {
			return syntaxError(dec.SkipValue())
		}
		value, err := dec.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		s.member(name, value.Clone())
		return nil
	}) // the text has been proven to be a page, or what is wrong with it is named
	return s
}
