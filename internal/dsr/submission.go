package dsr

import (
	"fmt"
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
	Notes      string
}

// Languages are those an archive can be written in.
var Languages = []string{"en", "de"}

// referencePattern keeps references printable on one line.
var referencePattern = regexp.MustCompile(`^[^\p{C}]+$`)

// Validate checks every value and fills in the defaults: all of the known sources,
// received now, English, normalized matching; phone numbers become E.164. regions are
// the sources' own, by name; a source need not have one. It returns the first fault as
// an *Error of kind Invalid that names the field.
func (s *Submission) Validate(now time.Time, known []string, regions map[string]string) error {
	if len(s.Selectors) == 0 {
		return FieldErrorf("selectors", "is empty; give at least one conversation_id or metadata value")
	}
	if len(s.Selectors) > MaxSelectors {
		return FieldErrorf("selectors", "has more than %d entries; split the request", MaxSelectors)
	}
	for i := range s.Selectors {
		if err := s.Selectors[i].check(fmt.Sprintf("selectors[%d]", i)); err != nil {
			return err
		}
	}
	for _, check := range []func(time.Time) *Error{s.checkReference, s.checkWindow, s.checkReceived, s.checkTexts} {
		if err := check(now); err != nil {
			return err
		}
	}
	if err := s.checkSources(known); err != nil {
		return err
	}
	return s.readPhones(regions)
}

// readPhones comes after the sources are known to be good: they say what a number
// without a country code means.
func (s *Submission) readPhones(regions map[string]string) error {
	var asked []string
	for _, name := range s.Sources {
		if r := regions[name]; r != "" && !slices.Contains(asked, r) {
			asked = append(asked, r)
		}
	}
	for i := range s.Selectors {
		if m := s.Selectors[i].Metadata; m != nil {
			if err := m.readPhone(fmt.Sprintf("selectors[%d].metadata", i), slices.Clip(asked)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Submission) checkReference(time.Time) *Error {
	switch {
	case s.Reference == "":
		return nil
	case utf8.RuneCountInString(s.Reference) > MaxReferenceRunes:
		return TooLong("reference", MaxReferenceRunes, "characters")
	case strings.TrimSpace(s.Reference) != s.Reference || !referencePattern.MatchString(s.Reference):
		return FieldErrorf("reference", "must be printable characters without white space at its ends")
	}
	return nil
}

func (s *Submission) checkWindow(now time.Time) *Error {
	w := s.Window
	switch {
	case w.Start.After(now):
		return FieldErrorf("window.start", "lies in the future; make it earlier")
	case !w.End.IsZero() && !w.Start.IsZero() && w.End.Before(w.Start):
		return FieldErrorf("window.end", "lies before window.start; make it later, or window.start earlier")
	case !w.End.IsZero() && w.End.Equal(w.Start):
		return FieldErrorf("window.end", "equals window.start, so the window [start, end) is empty; make it later")
	}
	if err := plausible("window.start", w.Start); err != nil {
		return err
	}
	return plausible("window.end", w.End)
}

func (s *Submission) checkReceived(now time.Time) *Error {
	if s.ReceivedAt.IsZero() {
		s.ReceivedAt = now
	}
	if s.ReceivedAt.After(now) {
		return FieldErrorf("received_at", "lies in the future; make it earlier")
	}
	return plausible("received_at", s.ReceivedAt)
}

// plausible refuses years that no export reaches and Unix seconds do not fit.
func plausible(field string, t time.Time) *Error {
	if !t.IsZero() && (t.Year() < 1970 || t.Year() > 9998) {
		return FieldErrorf(field, "must lie between the years 1970 and 9998")
	}
	return nil
}

func (s *Submission) checkTexts(time.Time) *Error {
	if s.Language == "" {
		s.Language = Languages[0]
	}
	if !slices.Contains(Languages, s.Language) {
		return FieldErrorf("language", "is not available; use one of: %s", strings.Join(Languages, ", "))
	}
	if len(s.Notes) > MaxNotesBytes {
		return TooLong("notes", MaxNotesBytes, "bytes")
	}
	if !utf8.ValidString(s.Notes) {
		return FieldErrorf("notes", "is not valid UTF-8")
	}
	return nil
}

func (s *Submission) checkSources(known []string) error {
	for i, name := range s.Sources {
		if !slices.Contains(known, name) {
			return FieldErrorf(fmt.Sprintf("sources[%d]", i), "unknown source; configured are: %s", strings.Join(known, ", "))
		}
	}
	if len(s.Sources) == 0 {
		s.Sources = known
	}
	s.Sources = slices.Compact(slices.Sorted(slices.Values(s.Sources)))
	if len(s.Sources) == 0 {
		return FieldErrorf("sources", "no source is configured; add one to the configuration")
	}
	return nil
}
