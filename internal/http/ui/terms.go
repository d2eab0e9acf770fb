package ui

import (
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// recognised is a value with what it was taken for, in words. Before a search it may be
// Doubted: another one is more likely.
type recognised struct{ Text, Words, Doubted string }

// termsView is what is searched for: values that were recognised, as they were typed, and
// the search terms that say themselves where to look.
type termsView struct {
	Recognised []recognised
	Precise    []selectorView
}

// Several reports whether there is a choice of what may match.
func (t termsView) Several() bool { return len(t.Recognised)+len(t.Precise) > 1 }

// None reports whether nothing is left to show: the request has been deleted.
func (t termsView) None() bool { return len(t.Recognised)+len(t.Precise) == 0 }

// terms tells the selectors of a request as what was meant by them.
func (p *pages) terms(all []dsr.Selector, sources []string) termsView {
	values, precise := p.meant(all, sources)
	v := termsView{Precise: selectorViews(precise)}
	for _, id := range values {
		v.Recognised = append(v.Recognised, recognised{Text: id.Text, Words: id.Sentence()})
	}
	return v
}

// doubted are the terms with what may have been meant instead, as long as that can be changed.
func (t termsView) doubted() termsView {
	for i, r := range t.Recognised {
		t.Recognised[i].Doubted = dsr.Identify(r.Text, nil).LikelyMeant()
	}
	return t
}

// meant undoes the expansion of what was typed into selectors, and returns the selectors
// that were not made in that way beside it.
func (p *pages) meant(all []dsr.Selector, sources []string) (values []dsr.Identifier, precise []dsr.Selector) {
	regions := dsr.RegionsOf(sources, p.opts.Regions)
	there := map[selectorView]bool{} // true: some value means it
	for _, s := range all {
		there[selectorViewOf(s)] = false
	}
	for _, s := range all {
		if id, ok := typedAs(s, regions); ok && allIn(id.Selectors, there) {
			values = append(values, id)
			for _, part := range id.Selectors {
				there[selectorViewOf(part)] = true
			}
		}
	}
	for _, s := range all {
		if !there[selectorViewOf(s)] {
			precise = append(precise, s)
		}
	}
	return values, precise
}

// typedAs is what somebody may have typed for this selector to be made: every value that
// is recognised by its shape has such a one.
func typedAs(s dsr.Selector, regions []string) (dsr.Identifier, bool) {
	m := s.Metadata
	if m == nil || !m.AnyPath() || m.Match != dsr.Normalized || strings.ContainsAny(m.Value, "\r\n") {
		return dsr.Identifier{}, false
	}
	return dsr.Identify(m.Value, regions), true
}

func allIn(selectors []dsr.Selector, there map[selectorView]bool) bool {
	return !slices.ContainsFunc(selectors, func(s dsr.Selector) bool {
		_, ok := there[selectorViewOf(s)]
		return !ok
	})
}
