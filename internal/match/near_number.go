package match

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// spokenNumber is a phone number to look for within texts.
type spokenNumber struct {
	key       string
	country   string
	national  []string // without the country's code, in every way there is
	before    *regexp.Regexp
	selectors []int
}

// addSpokenNumber takes in a number in the form of dsr.PhoneKey.
func (m *Matcher) addSpokenNumber(n int, key string) {
	for i := range m.spokenNumbers {
		if m.spokenNumbers[i].key == key {
			m.spokenNumbers[i].selectors = append(m.spokenNumbers[i].selectors, n)
			return
		}
	}
	country, national := dsr.National(key)
	before := regexp.MustCompile(`^(?:(?:00|011)?` + country + `)?(?:0|01|04[45]|1|9)?$`)
	m.spokenNumbers = append(m.spokenNumbers, spokenNumber{key, country, national, before, []int{n}})
}

// abroad is what stands before a number that is written without its country, where it is
// written with it.
var abroad = regexp.MustCompile(`^(?:(?:00|011)?[1-9]\d{0,2})?(?:0|1|9)?$`)

// addLocalNumber takes in a number without its country, which nobody can tell.
func (m *Matcher) addLocalNumber(n int, local string) {
	for i := range m.spokenNumbers {
		if m.spokenNumbers[i].key == local {
			m.spokenNumbers[i].selectors = append(m.spokenNumbers[i].selectors, n)
			return
		}
	}
	m.filter.AddPhone("+" + local)
	m.spokenNumbers = append(m.spokenNumbers, spokenNumber{key: local, national: []string{local}, before: abroad, selectors: []int{n}})
}

// listenForNumbers finds the numbers whose digits follow each other in a folded text.
func (m *Matcher) listenForNumbers(folded []byte, hear func(heard)) {
	told := make([]bool, len(m.spokenNumbers))
	for from := 0; from < len(folded); {
		var d dialling
		d, from = nextDialling(folded, from)
		for i := range m.spokenNumbers {
			if at, end := m.spokenNumbers[i].standsIn(d); end > 0 && !told[i] {
				told[i] = true
				hear(heard{m.spokenNumbers[i].selectors, at, end - at, false})
			}
		}
	}
}

// dialling is a run of digits as numbers are written: in groups, between which there are
// blanks and marks.
type dialling struct {
	digits []byte
	at     []int  // of each in the text
	first  []bool // of its group
	end    int    // of the last one
}

// maxBetween is how many characters stand between two groups: ") - ".
const maxBetween = 3

// nextDialling reads the first run of digits in a text from an index on, and returns where
// to go on.
func nextDialling(text []byte, from int) (d dialling, next int) {
	between := maxBetween + 1
	for i := from; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		digit, is := dsr.Digit(r)
		switch {
		case is:
			d.digits = append(d.digits, '0'+byte(digit)) //nolint:gosec // one digit
			d.at, d.first = append(d.at, i), append(d.first, between > 0)
			between, d.end = 0, i+size
		case len(d.digits) > 0:
			if between++; between > maxBetween || !unicode.Is(unicode.Pd, r) && r != ' ' && r != '.' && r != '/' && r != '(' && r != ')' {
				return d, i + size
			}
		}
		i += size
	}
	return d, len(text)
}

// standsIn is where the number stands, from a group's beginning to a group's end; end is 0
// if it does not.
func (s *spokenNumber) standsIn(d dialling) (at, end int) {
	for last := range d.digits {
		if last+1 < len(d.digits) && !d.first[last+1] {
			continue
		}
		for _, national := range s.national {
			start := last + 1 - len(national)
			if start < 0 || string(d.digits[start:last+1]) != national {
				continue
			}
			group := start
			for !d.first[group] {
				group--
			}
			if len(national) < minDigits && !strings.HasSuffix(string(d.digits[:start]), s.country) || !s.before.Match(d.digits[group:start]) {
				continue
			}
			if last+1 < len(d.digits) {
				return d.at[group], d.at[last+1]
			}
			return d.at[group], d.end
		}
	}
	return 0, 0
}
