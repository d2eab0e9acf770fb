package match

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
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
	NearMentioned NearKind = "mentioned"        // it stands within a text
	NearEscaped   NearKind = "escaped"          // likewise, escaped as in HTML, an address of the web or JSON
	NearSpelling  NearKind = "spelling"         // equal but for accents, quotation marks, dashes, or case in exact
	NearDigits    NearKind = "digits"           // the same digits
	NearMailbox   NearKind = "mailbox"          // the same mailbox but for dots or what follows a plus
	NearIDCase    NearKind = "id_case"          // the conversation's id in other case
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
	// maxUnescaped is the longest text that is unescaped.
	maxUnescaped = 64 << 10
)

// mention is a folded value to look for within texts.
type mention struct {
	folded    []byte
	selectors []int
}

// addNear takes in what a selector asks for, whatever its mode.
func (m *Matcher) addNear(n int, value string) {
	for _, folded := range dsr.Spellings(value) {
		m.addSpelling(n, value, folded)
	}
	folded := dsr.Fold(value)
	loose := looseForm([]byte(folded))
	m.loose[loose] = append(m.loose[loose], n)
	if loose != "" && loose != folded && prefilter.IsASCII([]byte(loose)) {
		m.filter.AddEqual(loose) // an ASCII leaf may be it
	}
	if d := digitsAlone([]byte(value)); d != "" {
		put(&m.digits, d, n)
		m.filter.AddDigits(d)
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
	m.filter.AddMention(value, folded)
}

// decideNear looks for what is like a value, but no match. folded is the text's fold.
func (w *walker) decideNear(text, folded []byte, ask prefilter.Asks) {
	m := w.m
	if ask&prefilter.Equal != 0 {
		w.miss(m.loose[looseForm(folded)], NearSpelling)
	}
	if ask&prefilter.Mention != 0 {
		w.decideMention(folded, NearMentioned)
	}
	if ask&prefilter.Digits != 0 {
		w.miss(m.digits[digitsAlone(text)], NearDigits)
	}
	if ask&prefilter.Mailbox != 0 {
		w.miss(m.mailboxes[mailbox(string(folded))], NearMailbox)
	}
	if ask&prefilter.EscapedMention != 0 && len(text) <= maxUnescaped {
		if plain := unescaped(string(text)); plain != string(text) {
			w.leafText = []byte(plain)
			w.decideMention([]byte(dsr.FoldText(plain)), NearEscaped)
		}
	}
}

// miss notes selectors that something like a match was found for at the present path.
func (w *walker) miss(selectors []int, kind NearKind) {
	if w.in == outside && kind != NearMentioned && kind != NearEscaped {
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

// nearKey are the selectors that ask for what a key says.
func (m *Matcher) nearKey(name []byte) (selectors []int) {
	if len(m.mentions) == 0 || len(name) < minMention {
		return nil
	}
	folded := []byte(dsr.FoldText(string(name)))
	for i := range m.mentions {
		if standsIn(folded, m.mentions[i].folded) >= 0 {
			selectors = append(selectors, m.mentions[i].selectors...)
		}
	}
	return selectors
}

// decideMention finds the values that stand in a leaf as a whole: no letter and no digit
// goes on before or after it.
func (w *walker) decideMention(folded []byte, kind NearKind) {
	for i := range w.m.mentions {
		at := standsIn(folded, w.m.mentions[i].folded)
		if at < 0 {
			continue
		}
		whole := w.leafText
		w.leafText = around(whole, at, len(w.m.mentions[i].folded))
		w.miss(w.m.mentions[i].selectors, kind)
		w.leafText = whole
	}
}

// standsIn is where a value stands in a text as a whole, or -1.
func standsIn(text, value []byte) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], value)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRune(text[:i])
		first, size := utf8.DecodeRune(value)
		last, _ := utf8.DecodeLastRune(value)
		behind, _ := utf8.DecodeRune(text[i+len(value):])
		goesOn := wordly(before) && wordly(first) || wordly(last) && wordly(behind)
		if !goesOn {
			return i
		}
		from = i + size
	}
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// around is the part of a text in whose fold something stands at folded[at:at+n].
func around(text []byte, at, n int) []byte {
	start, size := 0, len(text)
	for step := size / 2; step > 0; step /= 2 { // folds of beginnings grow with them, or nearly
		if mid := start + step; len(dsr.FoldText(string(text[:mid]))) <= at {
			start = mid
		}
	}
	from := max(0, start-(maxNearText-min(n, maxNearText))/2)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	return text[from:]
}

// looseForm is equal for texts that differ in accents, quotation marks and dashes alone.
func looseForm(folded []byte) string {
	return strings.Join(strings.Fields(strings.ToLower(string(prefilter.AppendBaseForm(nil, folded)))), " ")
}

// digitsAlone are the digits of a text without letters, if there are enough of them.
func digitsAlone(text []byte) string {
	var digits []byte
	for _, r := range string(text) {
		if unicode.IsLetter(r) {
			return ""
		}
		if d, ok := dsr.Digit(r); ok {
			digits = append(digits, '0'+byte(d)) //nolint:gosec // one digit
		}
	}
	if len(digits) < minDigits {
		return ""
	}
	return string(digits)
}

// mailbox is an address without what many providers leave out of account: dots, and from
// a plus on.
func mailbox(folded string) string {
	local, domain, found := strings.Cut(folded, "@")
	local, _, _ = strings.Cut(local, "+")
	local = strings.ReplaceAll(local, ".", "")
	if !found || local == "" || domain == "" || strings.ContainsAny(domain, "@ ") || strings.Contains(local, " ") {
		return ""
	}
	return local + "@" + domain
}

func hexByte(b []byte, i int) int64 {
	if i+2 > len(b) {
		return -1
	}
	n, err := strconv.ParseUint(string(b[i:i+2]), 16, 8)
	if err != nil {
		return -1
	}
	return int64(n)
}

var (
	percentEscape = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)
	jsonEscape    = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt])`)
)

// unescaped takes away the escapes of HTML, of addresses of the web and of JSON.
func unescaped(text string) string {
	text = percentEscape.ReplaceAllStringFunc(text, func(s string) string {
		var b []byte
		for i := 1; i < len(s); i += 3 {
			b = append(b, byte(hexByte([]byte(s), i))) //nolint:gosec // one byte
		}
		return string(b)
	})
	text = jsonEscape.ReplaceAllStringFunc(text, func(s string) string { return string(prefilter.Decode(nil, []byte(s))) })
	return html.UnescapeString(text)
}

// nearly are the near misses of one record. They are a help and decide nothing: of a
// record with very many, the first count.
type nearly struct {
	places []nearHit
	text   []byte // of paths and hits
}

type nearHit struct {
	selector, place  int
	kind             NearKind
	start, path, end int // of the path and the hit after it
}

const (
	maxNearHits  = 1000
	maxNearBytes = 64 << 10
)

func (n *nearly) add(w *walker, selector int, kind NearKind) {
	last := len(n.places) - 1
	if last >= 0 && n.places[last].selector == selector && n.places[last].place == w.place {
		return
	}
	if len(n.places) == maxNearHits || len(n.text)+w.pathLen()+maxNearText > maxNearBytes {
		return
	}
	p := nearHit{selector: selector, place: w.place, kind: kind, start: len(n.text)}
	if w.in == identity {
		n.text = append(n.text, w.m.schema.fields.ID...)
	} else {
		n.text = append(n.text, w.pathText()...)
	}
	p.path = len(n.text)
	n.text = append(n.text, cut(w.leafText, maxNearText)...)
	p.end = len(n.text)
	n.places = append(n.places, p)
}

// cut shortens a text to at most n bytes, between two characters.
func cut(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// take adds those that were found inside of a text.
func (n *nearly) take(inner *nearly) {
	for _, p := range inner.places {
		text := inner.text[p.start:p.end]
		if len(n.places) == maxNearHits || len(n.text)+len(text) > maxNearBytes {
			return
		}
		start := len(n.text)
		n.text = append(n.text, text...)
		n.places = append(n.places, nearHit{p.selector, insidePlace, p.kind, start, start + p.path - p.start, len(n.text)})
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
		path := w.near.text[p.start:p.path]
		known := func(known NearHit) bool { return known.Path == string(path) }
		if n := &out[i]; len(n.Places) < MaxNear && !slices.ContainsFunc(n.Places, known) {
			n.Places = append(n.Places, NearHit{string(path), p.kind, strings.ToValidUTF8(string(w.near.text[p.path:p.end]), "\uFFFD")})
		}
	}
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b Near) int { return a.Query - b.Query })
	}
	return out
}
