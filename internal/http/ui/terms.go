package ui

import (
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// recognised is a value with what it was taken for, in words.
type recognised struct{ Text, Words string }

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
	v := termsView{Precise: p.selectorViews(precise)}
	for _, id := range values {
		v.Recognised = append(v.Recognised, recognised{Text: id.Text, Words: p.sentenceOf(id)})
	}
	return v
}

// sentenceOf says in words what is searched for.
func (l tongue) sentenceOf(id dsr.Identifier) string {
	switch id.Shape {
	case dsr.ShapeAddress:
		return l.say("An e-mail address: found in any detail of a conversation, whatever its capitals.")
	case dsr.ShapePhone:
		var numbers []string
		mayBeID := false
		for _, s := range id.Selectors {
			mayBeID = mayBeID || s.Metadata == nil
			if s.Metadata != nil && s.Metadata.Match == dsr.Phone {
				numbers = append(numbers, s.Metadata.Value)
			}
		}
		said := l.say("A phone number, %s: found in any detail of a conversation, however it is written.", strings.Join(numbers, " "+l.say("or")+" "))
		if mayBeID {
			said += " " + l.say("It may also be the ID of a conversation, so that is looked for as well.")
		}
		return said
	case dsr.ShapeID:
		return l.say("An ID: found as the ID of a conversation, or in any detail of one.")
	}
	return l.say("A name or another text: found where it is the whole of a detail, whatever its capitals.")
}

// meant undoes the expansion of what was typed into selectors, and returns the selectors
// that were not made in that way beside it.
func (p *pages) meant(all []dsr.Selector, sources []string) (values []dsr.Identifier, precise []dsr.Selector) {
	regions := dsr.RegionsOf(sources, p.opts.Regions)
	there := map[selectorKey]bool{} // true: some value means it
	for _, s := range all {
		there[keyOf(s)] = false
	}
	for _, s := range all {
		if id, ok := typedAs(s, regions); ok && allIn(id.Selectors, there) {
			values = append(values, id)
			for _, part := range id.Selectors {
				there[keyOf(part)] = true
			}
		}
	}
	for _, s := range all {
		if !there[keyOf(s)] {
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

func allIn(selectors []dsr.Selector, there map[selectorKey]bool) bool {
	return !slices.ContainsFunc(selectors, func(s dsr.Selector) bool {
		_, ok := there[keyOf(s)]
		return !ok
	})
}

// selectorKey tells selectors apart.
type selectorKey struct {
	id    string
	value dsr.Metadata
}

// keyOf is of a selector; a field's name of any field is none.
func keyOf(s dsr.Selector) (k selectorKey) {
	if k.id = s.ConversationID; s.Metadata == nil {
		return k
	}
	if k.value = *s.Metadata; s.Metadata.AnyPath() {
		k.value.Key = ""
	}
	k.value.Region = ""
	return k
}
