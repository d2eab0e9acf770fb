package dsr

import "fmt"

// Fault is one thing that is wrong with an input. Field, code and arguments are enough
// to say it in words of one's own; Err says it in ours.
type Fault struct {
	Field string // "selectors[0].metadata.value"
	Code  FaultCode
	Args  []any // what the code's sentence takes: a limit, the values there are
}

// FaultCode says what is wrong.
type FaultCode string

const (
	FaultNoSelectors      FaultCode = "no_selectors"
	FaultTooManySelectors FaultCode = "too_many_selectors" // limit
	FaultTwoKinds         FaultCode = "two_kinds"          // conversation_id and metadata in one selector
	FaultEmptySelector    FaultCode = "empty_selector"
	FaultEmptyValue       FaultCode = "empty_value"
	FaultShortContains    FaultCode = "short_contains" // limit
	FaultTooLong          FaultCode = "too_long"       // limit, unit
	FaultNotText          FaultCode = "not_text"
	FaultBrokenText       FaultCode = "broken_text" // not UTF-8, or text that was damaged before it came here
	FaultNotPrintable     FaultCode = "not_printable"
	FaultUnknownMatch     FaultCode = "unknown_match" // the modes there are
	FaultRegionUnused     FaultCode = "region_unused"
	FaultUnknownRegion    FaultCode = "unknown_region"
	FaultNotPhone         FaultCode = "not_phone"
	FaultAmbiguousPhone   FaultCode = "ambiguous_phone"
	FaultFuture           FaultCode = "future"
	FaultEndBeforeStart   FaultCode = "end_before_start"
	FaultEmptyWindow      FaultCode = "empty_window"
	FaultYear             FaultCode = "year"             // first, last
	FaultUnknownLanguage  FaultCode = "unknown_language" // the languages there are
	FaultUnknownRegime    FaultCode = "unknown_regime"   // the regimes there are
	FaultUnknownMode      FaultCode = "unknown_mode"     // the modes there are
	FaultUnknownChannel   FaultCode = "unknown_channel"  // the channels there are
	FaultTooManyLabels    FaultCode = "too_many_labels"  // limit
	FaultLabelName        FaultCode = "label_name"
	FaultEmptyLine        FaultCode = "empty_line"
	FaultUnknownSource    FaultCode = "unknown_source" // the sources there are
	FaultNoSources        FaultCode = "no_sources"
	FaultLogin            FaultCode = "login"
	FaultNotOneLine       FaultCode = "not_one_line"
	FaultUnknownRole      FaultCode = "unknown_role"
	FaultTooShort         FaultCode = "too_short" // limit
	FaultLoginAsPassword  FaultCode = "login_as_password"
	FaultCommonPassword   FaultCode = "common_password"
	FaultObviousPassword  FaultCode = "obvious_password"
	FaultMailAddress      FaultCode = "mail_address"
)

// details are the sentences of the API. They belong after the field's name.
var details = map[FaultCode]string{ //nolint:gosec // G101: sentences about passwords, none itself
	FaultNoSelectors:      "is empty; give at least one identifier, conversation_id or metadata value",
	FaultTooManySelectors: "has more than %d entries; split the request",
	FaultTwoKinds:         "give one of conversation_id, metadata and identifier, not two; use two selectors for any-of",
	FaultEmptySelector:    "a selector needs a conversation_id, an identifier or a metadata value that is not empty",
	FaultEmptyValue:       "is empty, or white space and invisible characters alone; give the value to search for",
	FaultShortContains:    "is shorter than %d characters, the least for match contains; give more of it, or use match normalized",
	FaultTooLong:          "is longer than %d %s; this limit is fixed, shorten it",
	FaultNotText:          "is not valid UTF-8",
	FaultBrokenText:       "is not valid UTF-8 or contains the replacement character U+FFFD",
	FaultNotPrintable:     "must be printable characters without white space at its ends",
	FaultUnknownMatch:     "unknown match mode; use one of: %s",
	FaultRegionUnused:     "goes with match phone only",
	FaultUnknownRegion:    "is not known; give two letters as in ISO 3166, for example DE",
	FaultNotPhone:         "is not a phone number; write it with + and the country code in front",
	FaultAmbiguousPhone:   "is another number in each of the sources' regions; write it with + and the country code in front",
	FaultFuture:           "lies in the future; make it earlier",
	FaultEndBeforeStart:   "lies before window.start; make it later, or window.start earlier",
	FaultEmptyWindow:      "equals window.start, so the window [start, end) is empty; make it later",
	FaultYear:             "must lie between the years %d and %d",
	FaultUnknownLanguage:  "is not available; use one of: %s",
	FaultUnknownRegime:    "unknown regime; use one of: %s",
	FaultUnknownMode:      "unknown mode; use one of: %s",
	FaultUnknownChannel:   "unknown channel; use one of: %s",
	FaultTooManyLabels:    "has more than %d entries; this limit is fixed, leave some out",
	FaultLabelName:        "a label's name must be 1 to 40 letters, digits or . _ -",
	FaultEmptyLine:        "is empty or white space; give a value, or leave the field out",
	FaultUnknownSource:    "unknown source; configured are: %s",
	FaultNoSources:        "no source is configured; add one to the configuration",
	FaultLogin:            "must be 1 to 64 letters (a to z), digits or . _ @ + -, beginning with a letter or digit",
	FaultNotOneLine:       "must be printable characters on one line",
	FaultUnknownRole:      "is not one of requester, approver, auditor, admin",
	FaultTooShort:         "is shorter than %d characters",
	FaultLoginAsPassword:  "is the same as the login; choose another",
	FaultCommonPassword:   "is one of the most used passwords; choose another",
	FaultMailAddress:      "is not an e-mail address such as ana@example.com, without a name beside it",
	FaultObviousPassword:  "is made of nothing but the login and words that others try first here; choose another",
}

// Detail is what is wrong, in the words of the API.
func (f Fault) Detail() string { return fmt.Sprintf(details[f.Code], f.Args...) }

// Err is the fault as an *Error of kind Invalid.
func (f Fault) Err() *Error {
	e := FieldErrorf(f.Field, "%s", f.Detail())
	e.Fault = &f
	return e
}

// Faults are all that is wrong with an input, in the order in which it is checked, and
// at most one of a field.
type Faults []Fault

// Err is the first fault as an *Error of kind Invalid, or nil when there is none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f[0].Err()
}

// Has reports whether the field has a fault.
func (f Faults) Has(field string) bool {
	for _, fault := range f {
		if fault.Field == field {
			return true
		}
	}
	return false
}

// Add records a fault unless the field has one: what follows from the first says
// nothing more.
func (f *Faults) Add(field string, code FaultCode, args ...any) {
	if !f.Has(field) {
		*f = append(*f, Fault{field, code, args})
	}
}
