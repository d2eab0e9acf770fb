package prefilter

import (
	"math"
	"slices"
)

// Sights are the places in a text that hold one of the words by which mentions are found.
// The text is searched part by part, which is quicker than searching each leaf.
type Sights struct {
	filter *mentionFilter // nil: nothing is known of the text
	text   []byte
	end    int   // of the parts that were looked at
	at     []int // a place in each word that stands in them, in order
}

// sightPart is the size of a part, which is still in the first-level cache when its leaves
// are asked about.
const sightPart = 16 << 10

// Begin takes a text whose leaves, from the byte at i on, will be asked about by where they
// stand in it.
func (s *Sights) Begin(f *Filter, text []byte, i int) {
	s.filter, s.text, s.end, s.at = &f.mentions, text, i, s.at[:0]
}

// None says that no word stands in the text.
func (s *Sights) None(f *Filter) {
	s.filter, s.end, s.at = &f.mentions, math.MaxInt, s.at[:0]
}

// End forgets the text: nothing is known of its leaves.
func (s *Sights) End() { s.filter, s.text = nil, nil }

// in reports whether a word stands in text[i:end].
func (s *Sights) in(i, end int) bool {
	for s.end < end {
		s.extend()
	}
	if len(s.at) == 0 {
		return false
	}
	n, _ := slices.BinarySearch(s.at, i)
	return n < len(s.at) && s.at[n] < end
}

// extend searches the next part. A word that crosses its end is found too.
func (s *Sights) extend() {
	f, known := s.filter, len(s.at)
	from, end := s.end, min(s.end+sightPart, len(s.text))
	within := s.text[:min(end+f.longest, len(s.text))]
	for _, p := range f.pivots {
		for i := p.find(within, from); i >= 0 && i < end; i = p.find(within, i+1) {
			s.at = append(s.at, i)
		}
	}
	for i := f.words.find(within, from); i >= 0 && i < end; i = f.words.find(within, i+1) {
		s.at = append(s.at, i)
	}
	slices.Sort(s.at[known:])
	s.end = end
}
