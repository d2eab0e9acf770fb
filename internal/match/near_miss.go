package match

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// Near says that the record does not belong to queries[Query], but that something like
// what it asks for stands in it. At most MaxNear places, in the record's order.
type Near struct {
	Query  int
	Places []NearHit
}

// NearHit is where it stands: Path is from the metadata's root, or of what is outside
// from the record's. Text is what stands there, or the part of it around the hit.
type NearHit struct {
	Path string
	Kind NearKind
	Text string
}

// NearKind says in what way a place is like a value.
type NearKind string

// The kinds of near misses.
const (
	NearOtherKey  NearKind = "other_key"        // the value, under another key
	NearOutside   NearKind = "outside_metadata" // the value, beside the metadata
	NearAsKey     NearKind = "as_key"           // a key says it
	NearMentioned NearKind = "mentioned"        // it stands within a text, or the digits of a phone number do
	NearEscaped   NearKind = "escaped"          // likewise, escaped as in HTML, an address of the web or JSON
	NearSpelling  NearKind = "spelling"         // but for accents, blanks, quotation marks, dashes, or case in exact
	NearDigits    NearKind = "digits"           // the same digits
	NearMailbox   NearKind = "mailbox"          // the same mailbox but for dots or what follows a plus
	NearIDCase    NearKind = "id_case"          // the conversation's id in other case, or with something around it that is not seen
)

const (
	// MaxNear is how many places of a record are told for one query.
	MaxNear = 10
	// minMention is the length of the shortest value (folded, in characters) that is looked
	// for within texts: shorter ones stand in every other text.
	minMention = 4
	// minDigits is how many digits alone say something.
	minDigits = 7
	// maxNearText is how much of a text is told.
	maxNearText = 160
)

// mention is a value to look for within texts: folded, and in its spoken form.
type mention struct {
	folded, spoken []byte
	selectors      []int
}

// addNear takes in what a selector asks for, whatever its mode.
func (m *Matcher) addNear(n int, value string) {
	for _, folded := range dsr.Spellings(value) {
		m.addSpelling(n, folded)
	}
	folded := dsr.Fold(value)
	if apart := apostrophes.Replace(folded); apart != folded {
		m.addSpelling(n, dsr.FoldText(apart)) // as an accent that stands by itself is read
	}
	if loose := string(prefilter.AppendLoose(nil, []byte(folded))); loose != "" {
		put(&m.loose, loose, n)
		m.filter.AddLoose(loose)
	}
	if d := digitsAlone([]byte(folded)); d != "" {
		put(&m.digits, d, n)
		m.filter.AddDigits(d)
	}
	if local := dsr.LocalNumber(value); local != "" {
		m.addLocalNumber(n, local)
	}
	if box := mailbox(folded); box != "" {
		put(&m.mailboxes, box, n)
		m.filter.AddMailbox(box)
	}
}

// addNearID takes in a conversation's id.
func (m *Matcher) addNearID(n int, id string) {
	folded := dsr.Fold(id)
	put(&m.idFolds, folded, n)
	m.filter.AddEqual(folded)
	m.addNear(n, id)
}

func put(to *map[string][]int, key string, n int) {
	if *to == nil {
		*to = map[string][]int{}
	}
	(*to)[key] = append((*to)[key], n)
}

func (m *Matcher) addSpelling(n int, folded string) {
	spoken := spokenForm([]byte(folded))
	if utf8.RuneCountInString(folded) < minMention || utf8.RuneCount(spoken) < minMention {
		return
	}
	for i := range m.mentions {
		if string(m.mentions[i].folded) == folded {
			m.mentions[i].selectors = append(m.mentions[i].selectors, n)
			return
		}
	}
	m.mentions = append(m.mentions, mention{[]byte(folded), spoken, []int{n}})
	m.filter.AddMention(folded)
}

// decideNear looks for what is like a value, but no match.
func (w *walker) decideNear(text []byte, ask prefilter.Asks) {
	m := w.m
	if ask&(prefilter.Loose|prefilter.Digits|prefilter.Mailbox) != 0 {
		folded := w.fold(text)
		w.miss(m.digits[digitsAlone(folded)], NearDigits)
		if bytes.IndexByte(folded, '@') >= 0 {
			w.miss(m.mailboxes[mailbox(dsr.FoldDomain(string(folded)))], NearMailbox)
		}
		w.buffers.loose = prefilter.AppendLoose(w.buffers.loose[:0], folded)
		w.miss(m.loose[string(w.buffers.loose)], NearSpelling)
	}
	if ask&(prefilter.Mention|prefilter.Number) != 0 {
		for part := range parts(text) {
			w.decideMention(part, NearMentioned, ask)
		}
	}
	if ask&prefilter.Escapes != 0 {
		for part := range parts(text) {
			if plain := prefilter.Unescaped(part); string(plain) != string(part) {
				w.decideMention(plain, NearEscaped, prefilter.Mention|prefilter.Number)
			}
		}
	}
}

// decideMention finds the values that stand in a text as a whole.
func (w *walker) decideMention(text []byte, kind NearKind, ask prefilter.Asks) {
	w.m.listen(w.fold(text), ask, func(h heard) {
		if !slices.ContainsFunc(h.selectors, func(n int) bool { return !w.near.has(n, w.place) }) {
			return // as another part of the text has said
		}
		w.leafText = h.around(text)
		if h.inSpoken && kind == NearMentioned {
			w.miss(h.selectors, NearSpelling)
			return
		}
		w.miss(h.selectors, kind)
	})
}

// miss notes selectors that something like a match was found for at the present path.
func (w *walker) miss(selectors []int, kind NearKind) {
	if w.in != searched && kind != NearMentioned && kind != NearEscaped && kind != NearIDCase {
		kind = NearOutside
	}
	for _, n := range selectors {
		w.near.add(w, n, kind)
	}
}

// missKey notes that the last key of the present path says what selectors ask for.
func (w *walker) missKey(selectors []int, in region) {
	at := w.path[len(w.path)-1]
	w.in, w.leafText = in, prefilter.Decode(nil, w.b[at.start:at.end])
	for _, n := range selectors {
		w.near.add(w, n, NearAsKey)
	}
}

// nearKey are the selectors that ask for what a key says. raw is its token.
func (m *Matcher) nearKey(raw []byte, t prefilter.Traits) (selectors []int) {
	ask := m.filter.PerhapsNear(raw, t)
	if ask == 0 {
		return nil
	}
	text := prefilter.Decode(nil, raw)
	hear := func(h heard) { selectors = append(selectors, h.selectors...) }
	m.listen([]byte(dsr.FoldText(string(text))), ask, hear)
	if ask&prefilter.Escapes != 0 {
		m.listen([]byte(dsr.FoldText(string(prefilter.Unescaped(text)))), prefilter.Mention|prefilter.Number, hear)
	}
	return selectors
}
