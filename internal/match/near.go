package match

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// Near says that the record does not belong to queries[Query], but that something it
// asks for stands elsewhere in its metadata: under another key, or within a text, or in
// other case where the match is exact. At most MaxNear paths, in the record's order.
type Near struct {
	Query int
	Paths []string
}

// MaxNear is how many places of a record are told for one query.
const MaxNear = 10

// minMention is the length of the shortest value (folded, in characters) that is looked
// for within texts: shorter ones stand in every other text.
const minMention = 4

// mention is a folded value to look for within texts.
type mention struct {
	folded    []byte
	selectors []int
}

// addMention takes in what a selector asks for, whatever its mode.
func (m *Matcher) addMention(n int, value string) {
	for _, folded := range dsr.Spellings(value) {
		m.addSpelling(n, value, folded)
	}
}

func (m *Matcher) addSpelling(n int, value, folded string) {
	if utf8.RuneCountInString(folded) < minMention {
		return
	}
	for i := range m.mentions {
		if string(m.mentions[i].folded) == folded {
			m.mentions[i].selectors = append(m.mentions[i].selectors, n)
			return
		}
	}
	m.mentions = append(m.mentions, mention{[]byte(folded), []int{n}})
	m.spoken.add(value, folded)
}

// miss notes selectors that something like a match was found for at the present path.
func (w *walker) miss(selectors []int) {
	for _, n := range selectors {
		w.near.add(w, n)
	}
}

// decideMention finds the values that stand in a leaf as a whole: no letter and no digit
// goes on before or behind.
func (w *walker) decideMention(folded []byte) {
	for i := range w.m.mentions {
		if standsIn(folded, w.m.mentions[i].folded) {
			w.miss(w.m.mentions[i].selectors)
		}
	}
}

func standsIn(text, value []byte) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], value)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRune(text[:i])
		first, size := utf8.DecodeRune(value)
		last, _ := utf8.DecodeLastRune(value)
		behind, _ := utf8.DecodeRune(text[i+len(value):])
		goesOn := wordly(before) && wordly(first) || wordly(last) && wordly(behind)
		if !goesOn {
			return true
		}
		from = i + size
	}
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// nearly are the near misses of one record. They are a help and decide nothing: of a
// record with very many, the first count.
type nearly struct {
	places []nearPlace
	text   []byte // of the paths
}

type nearPlace struct{ selector, place, start, end int }

const (
	maxNearPlaces = 1000
	maxNearText   = 64 << 10
)

func (n *nearly) add(w *walker, selector int) {
	last := len(n.places) - 1
	switch {
	case last >= 0 && n.places[last].selector == selector && n.places[last].place == w.place:
	case len(n.places) == maxNearPlaces || len(n.text)+w.pathLen() > maxNearText:
	default:
		start := len(n.text)
		n.text = append(n.text, w.pathText()...)
		n.places = append(n.places, nearPlace{selector, w.place, start, len(n.text)})
	}
}

// take adds those that were found inside of a text.
func (n *nearly) take(inner *nearly) {
	for _, p := range inner.places {
		path := inner.text[p.start:p.end]
		if len(n.places) == maxNearPlaces || len(n.text)+len(path) > maxNearText {
			return
		}
		start := len(n.text)
		n.text = append(n.text, path...)
		n.places = append(n.places, nearPlace{p.selector, insidePlace, start, len(n.text)})
	}
}

// nears are the near misses of the record, but for the queries that it belongs to.
func (w *walker) nears(hits []Hit) (out []Near) {
	for _, p := range w.near.places {
		query := w.m.selectors[p.selector].query
		if slices.ContainsFunc(hits, func(h Hit) bool { return h.Query == query }) {
			continue
		}
		i := slices.IndexFunc(out, func(n Near) bool { return n.Query == query })
		if i < 0 {
			i = len(out)
			out = append(out, Near{Query: query})
		}
		path := w.near.text[p.start:p.end]
		known := func(s string) bool { return s == string(path) }
		if n := &out[i]; len(n.Paths) < MaxNear && !slices.ContainsFunc(n.Paths, known) {
			n.Paths = append(n.Paths, string(path))
		}
	}
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b Near) int { return a.Query - b.Query })
	}
	return out
}
