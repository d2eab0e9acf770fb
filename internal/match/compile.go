package match

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// Compile prepares a Matcher for records with these fields. It refuses what a submission would have refused
// (a value without text, an unknown mode); the error names query and selector by
// their number and never repeats the value.
func Compile(queries []Query, fields Fields) (*Matcher, error) {
	m := &Matcher{
		schema: newSchema(fields, elsewhere),
		ids:    map[string][]int{},
		exact:  map[string][]int{},
		folded: map[string][]int{},
		alike:  map[string][]int{},
		filter: new(prefilter.Filter),
	}
	if len(queries) > 0 {
		m.schema = newSchema(fields, outside)
	}
	if m.schema.fault != nil {
		return nil, m.schema.fault
	}
	for q, query := range queries {
		for s, sel := range query.Selectors {
			if err := m.add(q, s, sel, query.Region); err != nil {
				return nil, fmt.Errorf("query %d, selector %d: %w", q, s, err)
			}
		}
	}
	m.filter.Build()
	m.needles = m.filter.Needles(m.numbersAsked())
	return m, nil
}

func (m *Matcher) add(query, index int, sel dsr.Selector, region string) error {
	n := len(m.selectors)
	added := selector{query: query, index: index}
	switch {
	case (sel.ConversationID == "") == (sel.Metadata == nil):
		return errors.New("needs either a conversation id or a metadata value")
	case sel.Metadata == nil:
		if err := checkValue(sel.ConversationID); err != nil {
			return err
		}
		m.ids[sel.ConversationID] = append(m.ids[sel.ConversationID], n)
		m.filter.AddID(sel.ConversationID)
		m.addNearID(n, sel.ConversationID)
	default:
		added.anyPath, added.path = sel.Metadata.AnyPath(), sel.Metadata.Key
		if err := m.addValue(n, *sel.Metadata, region); err != nil {
			return err
		}
	}
	m.selectors = append(m.selectors, added)
	return nil
}

// addValue takes a metadata value into the table of its mode, and into the numbers
// if it is one.
func (m *Matcher) addValue(n int, sel dsr.Metadata, region string) error {
	value := sel.Value
	if err := checkValue(value); err != nil {
		return err
	}
	m.addNear(n, value)
	switch sel.Match {
	case dsr.Exact:
		m.exact[value] = append(m.exact[value], n)
		m.addAlike(n, value)
	case dsr.Normalized, "":
		folded := dsr.Fold(value)
		m.folded[folded] = append(m.folded[folded], n)
		m.filter.AddEqual(folded)
	case dsr.Contains:
		m.addAlike(n, value)
		for _, spelling := range dsr.Spellings(value) {
			m.addSubstring(n, spelling)
		}
	case dsr.Phone:
		return m.addPhone(n, value, cmp.Or(sel.Region, region))
	default:
		return errors.New("unknown match mode")
	}
	m.numbers.add(n, strings.TrimSpace(value))
	return nil
}

// addAlike has texts that are equal once folded told as near misses.
func (m *Matcher) addAlike(n int, value string) {
	folded := dsr.Fold(value)
	m.alike[folded] = append(m.alike[folded], n)
	m.filter.AddEqual(folded)
}

func (m *Matcher) addSubstring(n int, folded string) {
	for i := range m.contains {
		if string(m.contains[i].folded) == folded {
			m.contains[i].selectors = append(m.contains[i].selectors, n)
			return
		}
	}
	m.filter.AddContained(folded)
	m.contains = append(m.contains, substring{folded: []byte(folded), selectors: []int{n}})
}

// checkValue repeats the intake's rule, because the comparisons rest on it: what
// cannot be decoded becomes U+FFFD, which must not be equal to anything asked for.
func checkValue(value string) error {
	switch {
	case !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError):
		return errors.New("the value is not valid UTF-8 or contains U+FFFD")
	case dsr.Fold(value) == "":
		return errors.New("the value has no text after folding")
	}
	return nil
}
