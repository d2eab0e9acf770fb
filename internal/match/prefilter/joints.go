package prefilter

import "unicode/utf8"

// joints are the pairs of characters that follow each other in words of ASCII. A word that stands
// in a text with an odd character in it begins with what that one is written as, or goes on
// with it from the character before, which stands as it is if that was the first odd one.
type joints struct {
	begins asciiSet
	ends   asciiSet
	pairs  [utf8.RuneSelf]asciiSet // by the first
}

type asciiSet [2]uint64

func (s *asciiSet) add(c byte) { s[c>>6&1] |= 1 << (c & 63) }

func (s *asciiSet) has(r rune) bool {
	return r >= 0 && r < utf8.RuneSelf && s[r>>6]>>(r&63)&1 != 0
}

// add takes in a word of small letters, of more than one character.
func (j *joints) add(word string) {
	j.begins.add(word[0])
	j.ends.add(word[len(word)-1])
	for i := range len(word) - 1 {
		j.pairs[word[i]&0x7F].add(word[i+1])
	}
}

// fits reports whether the odd character raw[i:i+n] may stand in a word where it is.
func (j *joints) fits(raw []byte, i, n int) bool {
	before := rune(-1)
	if i > 0 {
		before = smallASCII(rune(raw[i-1]))
	}
	r, _ := rawRune(raw, i)
	one, more := writtenAs(r)
	switch {
	case one < 0 && more == "":
		return j.follows(before, firstBase(raw, i+n))
	case one >= 0:
		if !j.begins.has(one) && !j.follows(before, one) {
			return false
		}
		return j.ends.has(one) && j.follows(before, one) || j.follows(one, firstBase(raw, i+n))
	}
	first, _ := utf8.DecodeRuneInString(more)
	if j.follows(before, first) {
		return true
	}
	for _, r := range more {
		if j.begins.has(r) {
			return true
		}
	}
	return false
}

func (j *joints) follows(a, b rune) bool {
	return a >= 0 && a < utf8.RuneSelf && j.pairs[a].has(b)
}

// firstBase is the first character of the base form of what begins at raw[i], or -1.
func firstBase(raw []byte, i int) rune {
	for i < len(raw) {
		r, n := rawRune(raw, i)
		one, more := writtenAs(r)
		if one >= 0 {
			return one
		}
		if more != "" {
			first, _ := utf8.DecodeRuneInString(more)
			return first
		}
		i += n
	}
	return -1
}

// writtenAs is baseFormOf, quicker for ASCII.
func writtenAs(r rune) (rune, string) {
	if r < utf8.RuneSelf && r >= ' ' && r != 0x7F {
		return smallASCII(r), ""
	}
	return baseFormOf(r)
}

func smallASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r | 0x20
	}
	return r
}

func isASCII(r rune) bool { return r < utf8.RuneSelf }

// runs find texts that may hold a value of another script by up to three characters of it that
// follow each other in the base form.
type runs struct {
	used   bool
	length [maxRun + 1]bool // some value has one of that length
	hashes bloom
}

const maxRun = 3

// add takes in the base form of a value that is not ASCII.
func (s *runs) add(base string) {
	var longest, run []rune
	for _, r := range base {
		if run = append(run, r); r < utf8.RuneSelf {
			run = nil
		}
		if len(run) > len(longest) && len(run) <= maxRun {
			longest = run[:len(run):len(run)]
		}
	}
	s.used = true
	s.length[len(longest)] = true
	s.hashes.add(runHash(longest))
}

func runHash(run []rune) (h uint64) {
	for _, r := range run {
		h = mix(h, r)
	}
	return h
}

// run are the latest characters of a text's base form that are not ASCII.
type run struct {
	of   *runs
	last [maxRun]rune
}

func (s *runs) begin() run { return run{of: s} }

// add takes in a character that is not ASCII, and reports whether a value may have it and those
// before it. ASCII between them is passed over, since some of it is not seen.
func (s *run) add(r rune) bool {
	one, more := baseFormOf(r)
	if one >= 0 {
		return s.one(one)
	}
	for _, r := range more {
		if s.one(r) {
			return true
		}
	}
	return false
}

func (s *run) one(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	s.last = [maxRun]rune{s.last[1], s.last[2], r}
	for n := 1; n <= maxRun; n++ {
		if s.of.length[n] && s.of.hashes.has(runHash(s.last[maxRun-n:])) {
			return true
		}
	}
	return false
}
