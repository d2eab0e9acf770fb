package dsr

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Submission is what a caller asks for: the body of POST /requests, the web form,
// or the flags of extract.
type Submission struct {
	Reference  string
	Selectors  []Selector
	Sources    []string // empty: all
	Window     Window
	ReceivedAt time.Time // zero: now
	Language   string    // empty: en
	Regime     string    // empty: the configuration's
	Mode       Mode      // empty: package
	Notes      string
	Labels     map[string]string // words of the caller's own to sort requests by; no personal data
	Channel    Channel           // the way on which the request came; empty: not known
	// CallbackURL is who is told of this request's events, beside the webhooks; empty: nobody.
	// Whether its host may be told is the configuration's to say.
	CallbackURL string
}

// Languages are those an archive can be written in.
var Languages = []string{"en", "de"}

// referencePattern keeps references printable on one line.
var referencePattern = regexp.MustCompile(`^[^\p{C}]+$`)

// Validate checks every value and fills in the defaults: all of the known sources,
// received now, English, normalized matching; phone numbers become E.164. regions are
// the sources' own, by name; a source need not have one. An identifier becomes the
// selectors that it asks for. A submission with faults cannot
// be searched for.
func (s *Submission) Validate(now time.Time, known []string, regions map[string]string) Faults {
	var f Faults
	fields := s.checkSelectors(RegionsOf(s.Sources, regions), &f)
	s.checkReference(&f)
	s.checkWindow(now, &f)
	s.checkParticulars(now, &f)
	if s.Mode = cmp.Or(s.Mode, ModePackage); !slices.Contains(Modes, s.Mode) {
		f.Add("mode", FaultUnknownMode, fmt.Sprintf("%s, %s", ModePackage, ModeScreen))
	}
	if s.checkSources(known, &f) {
		s.readPhones(RegionsOf(s.Sources, regions), fields, &f)
	}
	return f
}

// checkSelectors returns for each selector the field that it was given in: an identifier
// becomes several.
func (s *Submission) checkSelectors(regions []string, f *Faults) (fields []string) {
	switch {
	case len(s.Selectors) == 0:
		f.Add("selectors", FaultNoSelectors)
		return nil
	case len(s.Selectors) > MaxSelectors:
		f.Add("selectors", FaultTooManySelectors, MaxSelectors)
		return nil
	}
	var all []Selector
	for i, given := range s.Selectors {
		field := selectorField(i)
		for _, sel := range given.meant(field, regions, f) {
			sel.check(field, f)
			if !slices.ContainsFunc(all, sel.same) {
				all, fields = append(all, sel), append(fields, field)
			}
		}
	}
	s.Selectors = all
	return fields
}

func selectorField(i int) string { return fmt.Sprintf("selectors[%d]", i) }

// meant are the selectors that a given one means.
func (s Selector) meant(field string, regions []string, f *Faults) []Selector {
	if s.Identifier == "" {
		return []Selector{s}
	}
	if s.ConversationID != "" || s.Metadata != nil {
		f.Add(field, FaultTwoKinds)
		return nil
	}
	before := len(*f)
	checkValue(field+".identifier", s.Identifier, f)
	if len(*f) > before {
		return nil
	}
	return Identify(s.Identifier, regions).Selectors
}

// same reports whether two selectors find the same.
func (s Selector) same(t Selector) bool {
	if s.Metadata == nil || t.Metadata == nil {
		return s.Metadata == t.Metadata && s.ConversationID == t.ConversationID && s.ConversationID != ""
	}
	return *s.Metadata == *t.Metadata
}

// RegionsOf are the regions of the sources named; of all, where none is.
func RegionsOf(names []string, regions map[string]string) (asked []string) {
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(regions))
	}
	for _, name := range names {
		if r := regions[name]; r != "" && !slices.Contains(asked, r) {
			asked = append(asked, r)
		}
	}
	return slices.Clip(asked)
}

// readPhones comes after the sources are known to be good: they say what a number
// without a country code means.
func (s *Submission) readPhones(regions []string, fields []string, f *Faults) {
	for i, field := range fields {
		if m := s.Selectors[i].Metadata; m != nil {
			m.readPhone(field+".metadata", regions, f)
		}
	}
}

// checkParticulars checks what is not searched for, but the reference.
func (s *Submission) checkParticulars(now time.Time, f *Faults) {
	s.checkReceived(now, f)
	s.checkTexts(f)
	if _, known := RegimeOf(s.Regime); s.Regime != "" && !known {
		f.Add("regime", FaultUnknownRegime, strings.Join(RegimeNames(), ", "))
	}
	checkLabels(s.Labels, f)
	checkChannel(s.Channel, f)
}

func (s *Submission) checkReference(f *Faults) {
	switch {
	case s.Reference == "":
	case utf8.RuneCountInString(s.Reference) > MaxReferenceRunes:
		f.Add("reference", FaultTooLong, MaxReferenceRunes, "characters")
	case strings.TrimSpace(s.Reference) != s.Reference || !referencePattern.MatchString(s.Reference):
		f.Add("reference", FaultNotPrintable)
	}
}

func (s *Submission) checkWindow(now time.Time, f *Faults) {
	w := s.Window
	switch {
	case w.Start.After(now):
		f.Add("window.start", FaultFuture)
	case !w.End.IsZero() && !w.Start.IsZero() && w.End.Before(w.Start):
		f.Add("window.end", FaultEndBeforeStart)
	case !w.End.IsZero() && w.End.Equal(w.Start):
		f.Add("window.end", FaultEmptyWindow)
	}
	checkYear("window.start", w.Start, f)
	checkYear("window.end", w.End, f)
}

func (s *Submission) checkReceived(now time.Time, f *Faults) {
	if s.ReceivedAt.IsZero() {
		s.ReceivedAt = now
	}
	if s.ReceivedAt.After(now) {
		f.Add("received_at", FaultFuture)
	}
	checkYear("received_at", s.ReceivedAt, f)
}

// The years between which a time of a submission must lie. Exports do not reach
// further, and Unix seconds would not fit.
const (
	FirstYear = 1970
	LastYear  = 9998
)

func checkYear(field string, t time.Time, f *Faults) {
	if !t.IsZero() && (t.Year() < FirstYear || t.Year() > LastYear) {
		f.Add(field, FaultYear, FirstYear, LastYear)
	}
}

func (s *Submission) checkTexts(f *Faults) {
	if s.Language == "" {
		s.Language = Languages[0]
	}
	if !slices.Contains(Languages, s.Language) {
		f.Add("language", FaultUnknownLanguage, strings.Join(Languages, ", "))
	}
	if len(s.Notes) > MaxNotesBytes {
		f.Add("notes", FaultTooLong, MaxNotesBytes, "bytes")
	}
	if !utf8.ValidString(s.Notes) {
		f.Add("notes", FaultNotText)
	}
}

// checkSources reports whether all of the sources are known; there is at least one then.
func (s *Submission) checkSources(known []string, f *Faults) bool {
	before := len(*f)
	for i, name := range s.Sources {
		if !slices.Contains(known, name) {
			f.Add(fmt.Sprintf("sources[%d]", i), FaultUnknownSource, strings.Join(known, ", "))
		}
	}
	if len(s.Sources) == 0 {
		s.Sources = known
	}
	s.Sources = slices.Compact(slices.Sorted(slices.Values(s.Sources)))
	if len(s.Sources) == 0 {
		f.Add("sources", FaultNoSources)
	}
	return len(*f) == before
}
