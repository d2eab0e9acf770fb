package ui

import (
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// faults are what is wrong with a form, by the id of the field.
type faults map[string]string

// add keeps the first fault of a field.
func (f faults) add(id, text string) {
	if f[id] == "" {
		f[id] = text
	}
}

// addAll adds what is wrong with the submission that a form became. Its first search terms
// are the lines, which share one field.
func (f faults) addAll(l tongue, found dsr.Faults, lines []typed) {
	for _, fault := range found {
		var n int
		isTerm, _ := fmt.Sscanf(fault.Field, "selectors[%d]", &n)
		switch {
		case isTerm == 1 && n < len(lines):
			f["values"] = strings.TrimSpace(f["values"] + " " + l.say("Line %s: %s", l.number(int64(lines[n].N)), l.wordsOf(fault)))
		case isTerm == 1:
			f.add(idOfTerm(fault.Field, n-len(lines)), l.wordsOf(fault))
		default:
			f.add(idOfField(fault.Field), l.wordsOf(fault))
		}
	}
}

// fieldIDs are the ids in the form of the fields of a submission; those of search terms
// are worked out.
var fieldIDs = map[string]string{
	"selectors": "values", "window.start": "start", "window.end": "end", "received_at": "received",
	"reference": "reference", "language": "language", "notes": "notes",
}

// idOfTerm is the id in the form of a field of the search term in this row.
func idOfTerm(field string, row int) string {
	switch field[strings.LastIndexByte(field, '.')+1:] {
	case "key":
		return rowID("key", row)
	case "match":
		return rowID("as", row)
	}
	return rowID("value", row)
}

// idOfField is the id in the form of a field as dsr.Submission.Validate names it.
func idOfField(field string) string {
	if id := fieldIDs[field]; id != "" {
		return id
	}
	name, _, _ := strings.Cut(field, "[")
	return name
}

// faultWords say what is wrong beside the field of a form that it is wrong with.
var faultWords = map[dsr.FaultCode]text{
	dsr.FaultNoSelectors:      "Enter at least one value to look for.",
	dsr.FaultTooManySelectors: "There are more than %d search terms. Split them over several requests.",
	dsr.FaultTwoKinds:         "Enter either a conversation ID or a value, not both.",
	dsr.FaultEmptySelector:    "Enter the conversation ID.",
	dsr.FaultEmptyValue:       "Enter the value to look for.",
	dsr.FaultShortContains:    "This is shorter than %d characters. Enter more of it, or compare the whole value.",
	dsr.FaultTooLong:          "This is longer than %d %s. This limit is fixed; shorten the text.",
	dsr.FaultNotText:          "This contains characters that cannot be read. Type it again instead of pasting it.",
	dsr.FaultBrokenText:       "This contains characters that cannot be read. Type it again instead of pasting it.",
	dsr.FaultNotPrintable:     "This contains tabs or other invisible characters. Remove them.",
	dsr.FaultUnknownMatch:     "Choose how to compare.",
	dsr.FaultRegionUnused:     "A region is only used for phone numbers.",
	dsr.FaultUnknownRegion:    "This region is unknown. Enter two letters, for example DE.",
	dsr.FaultNotPhone:         "This is not a phone number. Begin with + and the country code.",
	dsr.FaultAmbiguousPhone:   "Without a country code this is a different number for each source. Begin with + and the country code.",
	dsr.FaultFuture:           "This day is in the future.",
	dsr.FaultEndBeforeStart:   "The last day is before the first day.",
	dsr.FaultEmptyWindow:      "The last day is before the first day.",
	dsr.FaultYear:             "Choose a year between %d and %d.",
	dsr.FaultUnknownLanguage:  "Choose one of the languages.",
	dsr.FaultUnknownSource:    "A source that you chose is no longer configured. The sources are now: %s.",
	dsr.FaultNoSources:        "No source is configured. Ask the operator of this service to add one.",
	dsr.FaultUnknownRegime:    "This law is unknown here. Use one of: %s.",
	dsr.FaultUnknownMode:      "This is not known here. Use one of: %s.",
	dsr.FaultLogin:            "Use 1 to 64 letters (a to z), digits or . _ @ + -, and begin with a letter or digit.",
	dsr.FaultNotOneLine:       "This contains line breaks or other invisible characters. Remove them.",
	dsr.FaultUnknownRole:      "Choose one of the roles.",
	dsr.FaultTooShort:         "This is shorter than %d characters.",
	dsr.FaultLoginAsPassword:  "This is the same as the login. Choose another password.",
	dsr.FaultCommonPassword:   "This is one of the most used passwords. Choose another.",
	dsr.FaultMailAddress:      "This is not an e-mail address. Write it like this: ana@example.com.",
	dsr.FaultObviousPassword:  "This consists only of your login and words that are easy to guess here. Choose another.",
}

func (l tongue) wordsOf(f dsr.Fault) string {
	code := f.Code
	if code == dsr.FaultEmptyValue && strings.HasSuffix(f.Field, ".conversation_id") {
		code = dsr.FaultEmptySelector
	}
	if !strings.Contains(string(faultWords[code]), "%") {
		return l.say(faultWords[code])
	}
	if code == dsr.FaultTooLong {
		return l.say(faultWords[code], f.Args[0], l.say(unitWords[fmt.Sprint(f.Args[1])]))
	}
	return l.say(faultWords[code], f.Args...)
}

// unitWords are those that lengths are counted in.
var unitWords = map[string]text{"bytes": "bytes", "characters": "characters"}

// dayIn reads a day of the calendar and returns its midnight in the configured time
// zone, so many days later.
func (p *pages) dayIn(s string, later int, id string, found faults) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, s, p.loc)
	if err != nil {
		found.add(id, p.say("This is not a date. Write year, month and day like this: %s.", p.now().In(p.loc).Format(time.DateOnly)))
		return time.Time{}
	}
	y, m, d := t.Date()
	return time.Date(y, m, d+later, 0, 0, 0, 0, p.loc)
}
