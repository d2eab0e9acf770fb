package finder

import (
	"slices"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// Finder proposes passages of the texts of one request.
type Finder struct {
	own    own
	region string
}

// New takes the selectors of the request, which are the data subject's own identifiers,
// and where telephone numbers without a country code are dialled (ISO 3166; may be empty).
func New(selectors []dsr.Selector, region string) Finder {
	return Finder{own: ownOf(selectors, region), region: region}
}

// In returns the passages of texts that follow each other, as the messages of a
// conversation do: an answer may follow from the question before it.
func (f Finder) In(texts []string) [][]Passage {
	found := make([][]Passage, len(texts))
	var asked []byte
	for i, text := range texts {
		found[i] = f.long(text, asked)
		asked = ending(text)
	}
	return found
}

// A text is looked at in pieces, so that its length bounds the time and not the memory. They
// overlap by more than a passage is long, with the words near it.
const (
	pieceBytes = 64 << 10
	overlap    = 16 << 10
)

// long finds the passages of one text, piece by piece. Of where two pieces overlap, the
// first half belongs to the one before and the other to the one behind.
func (f Finder) long(text string, asked []byte) (found []Passage) {
	for begin := 0; ; {
		end := pieceEnd(text, begin)
		for _, p := range f.piece(text[begin:end], asked) {
			p.Start, p.End = p.Start+begin, p.End+begin
			if mine := (begin == 0 || p.Start >= begin+overlap/2) && (end == len(text) || p.Start < end-overlap/2); mine && after(found, p) {
				found = append(found, p)
			}
		}
		if end == len(text) {
			return found
		}
		begin, asked = runeStart(text, end-overlap), nil
	}
}

func after(found []Passage, p Passage) bool {
	return len(found) == 0 || found[len(found)-1].End <= p.Start
}

func pieceEnd(text string, begin int) int {
	if len(text)-begin <= pieceBytes {
		return len(text)
	}
	return runeStart(text, begin+pieceBytes)
}

// runeStart is the beginning of the character that a place is in; of what is no text, the
// place itself.
func runeStart(text string, place int) int {
	for i := place; i >= max(place-utf8.UTFMax+1, 0); i-- {
		if r, size := utf8.DecodeRuneInString(text[i:]); i+size > place && (r != utf8.RuneError || size > 1) {
			return i
		}
	}
	return place
}

// ending is how a text ends, for the one behind it.
func ending(text string) []byte {
	f := fold(text[runeStart(text, max(len(text)-4*nearBefore, 0)):])
	return f.text[max(len(f.text)-nearBefore, 0):]
}

// piece finds the passages of a piece. The forms take turns in the order of their
// certainty; what one has taken no other proposes.
func (f Finder) piece(text string, asked []byte) (found []Passage) {
	v := newView(text, asked)
	take := func(kind Kind, rule Rule) func(from, to int) {
		return func(from, to int) {
			if v.free(from, to) && !f.own.is(kind, text[v.from[from]:v.to[to-1]]) {
				v.take(from, to)
				found = append(found, Passage{v.from[from], v.to[to-1], kind, rule})
			}
		}
	}
	f.searchAll(v, take)
	slices.SortFunc(found, func(a, b Passage) int { return a.Start - b.Start })
	return apart(found)
}

// apart leaves out a passage that shares a character with the one before it: a character
// may stand for several of a folded text.
func apart(found []Passage) (kept []Passage) {
	for _, p := range found {
		if after(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func (v *view) free(from, to int) bool { return !slices.Contains(v.taken[from:to], true) }

func (v *view) take(from, to int) {
	for i := from; i < to; i++ {
		v.taken[i] = true
	}
}
