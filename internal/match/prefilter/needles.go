package prefilter

import (
	"bytes"
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Needles say of a string, by a look at its first two bytes and at what the marks of package
// index tell, that it is not worth being asked about: no comparison that the filter knows of can
// come out true. They are laid out for C.
//
// Whatever is equal to a value in any way (Equal, Loose, Digits) begins as the value does: if
// the string begins with a letter or digit of ASCII, so do its base form, its loose form and its
// digits, if it is a number; and if a letter or digit follows, with that. So its first two bytes
// tell. What begins otherwise is asked about; so nothing that may hold JSON is passed over.
//
// What mentions a value or contains it has a word in it (mentionFilter), and so three bytes of
// that word that follow each other, a gram, and one more on one side of them; or it has an odd
// character, which is numbered or marked as a stand-in. What is a mailbox has an at sign in it and ends as a value's does. The other
// comparisons that are about long texts (Within, Phone) are not told from; with values for them
// everything is asked about.
type Needles struct {
	words     joints         // of the words
	whole     uint64         // lengths of numbers without fraction, exponent and sign: see Numbers
	low, high [gram][16]byte // of each byte of a gram, by halves: groups of words
	begins    [1 << 13]byte  // of the first two bytes: bits that are set have to be asked about
	boxEnds   [32]byte       // of the last byte of a mailbox, with the case bit
	fours     [512]byte      // hashes of a gram and one byte more, with the case bit
	every     bool           // every string is asked about
	none      bool           // none is, for want of values
	others    bool           // all other numbers are
	anyHigh   bool           // bytes over 0x7F count
	signs     bool           // %, & and = do
}

const gram = 3

// Numbers says which numbers of JSON are to be asked about: of those that are nothing but digits
// the ones of some lengths (bit n, or the last bit for 63 and more), and whether all others.
type Numbers struct {
	Whole  uint64
	Others bool
}

// AddWhole has those with n digits asked about.
func (n *Numbers) AddWhole(digits int) { n.Whole |= 1 << min(digits, 63) }

// Needles are those of the filter's values.
func (f *Filter) Needles(numbers Numbers) *Needles {
	n := &Needles{whole: numbers.Whole, others: numbers.Others, none: f.has == 0, signs: f.has&(Mention|Phone) != 0}
	n.every = f.has&(Within|Phone) != 0 || f.mentions.brief
	n.anyHigh = f.mentions.odd.more || f.mentions.odd.foreign.used
	n.words = f.mentions.odd.words
	n.addBegins(f.openings)
	for i, word := range f.mentions.needed {
		n.addWord(word, byte(1)<<(i%8))
	}
	for _, end := range f.boxEnds {
		n.boxEnds[end>>3] |= 1 << (end & 7)
	}
	return n
}

// openings are the first two characters of what is looked for, as bytes of ASCII or utf8.RuneSelf for
// any other and 0 for none.
type openings map[[2]byte]bool

func (b *openings) add(form []byte) {
	if *b == nil {
		*b = openings{}
	}
	var two [2]byte
	for i, c := range []rune(string(form)) {
		if i == len(two) {
			break
		}
		two[i] = utf8.RuneSelf
		if c < utf8.RuneSelf {
			two[i] = byte(c)
		}
	}
	(*b)[two] = true
}

func (n *Needles) addBegins(known openings) {
	n.begins = beginsOtherwise
	if !known.foreign() {
		n.passForeign(known)
	}
	for two := range known {
		for b := range 256 {
			if y := byte(b); !alnum[y] || y|0x20 == two[1] {
				n.addPair(two[0], y)
				n.addPair(bytes.ToUpper(two[:1])[0], y)
			}
		}
	}
}

// foreign reports whether a value begins with a character that is not ASCII.
func (o openings) foreign() bool {
	for two := range o {
		if two[0] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// passForeign passes over what begins with a letter beyond ASCII, as no value does; the base
// form of some is one of ASCII, with which one may begin.
func (n *Needles) passForeign(known openings) {
	var first [256]bool
	for two := range known {
		first[two[0]] = true
	}
	for pair, base := range foreignLetters() {
		if !first[min(base, utf8.RuneSelf)] {
			n.begins[pair>>3] &^= 1 << (pair & 7)
		}
	}
}

// foreignLetters are pairs of bytes with which letters begin that are not ASCII, with the first
// character of their base form: the letters of Western Europe, Greek and Cyrillic ones, and, of
// three bytes, Hiragana, Katakana and the ideographs that are in common use.
var foreignLetters = sync.OnceValue(func() map[int]rune {
	letters := map[int]rune{}
	for _, lead := range []rune{0xC3, 0xCE, 0xCF, 0xD0, 0xD1} {
		for second := rune(0x80); second < 0xC0; second++ {
			r := lead&0x1F<<6 | second&0x3F
			if one, _ := baseFormOf(r); one >= 0 && unicode.IsLetter(r) {
				letters[int(lead|second<<8)] = one
			}
		}
	}
	for _, lead := range []int{0xE381, 0xE383} {
		letters[lead>>8|lead&0xFF<<8] = utf8.RuneSelf
	}
	for lead := 0xE4B8; lead < 0xEA00; lead++ {
		letters[lead>>8|lead&0xFF<<8] = utf8.RuneSelf
	}
	return letters
})

func (n *Needles) addPair(x, y byte) {
	pair := int(x) | int(y)<<8
	n.begins[pair>>3] |= 1 << (pair & 7)
}

// beginsOtherwise has every pair whose first byte is no letter and no digit of ASCII.
var beginsOtherwise = func() [1 << 13]byte {
	var n Needles
	for x := range 256 {
		for y := range 256 {
			if !alnum[x] {
				n.addPair(byte(x), byte(y))
			}
		}
	}
	return n.begins
}()

// alnum are the letters and digits of ASCII. The case bit of digits is set.
var alnum = func() (is [256]bool) {
	for c := range is {
		is[c] = plainLetter[c] || byte(c)-'0' <= 9
	}
	return is
}()

// addWord takes in a gram of a word, to one of eight groups.
func (n *Needles) addWord(word []byte, group byte) {
	at := rarestGram(word)
	for i, c := range word[at : at+gram] {
		for _, c := range []byte{c, bytes.ToUpper([]byte{c})[0]} {
			n.low[i][c&15] |= group
			n.high[i][c>>4] |= group
		}
	}
	n.addFour(word, at)
}

// addFour takes in the gram at word[at] with the byte before it, or if there is none, after it.
func (n *Needles) addFour(word []byte, at int) {
	if len(word) == gram { // it may have anything beside it
		for i := range n.fours {
			n.fours[i] = 0xFF
		}
		return
	}
	h := fourHash(word[max(at-1, 0):])
	n.fours[h>>3] |= 1 << (h & 7)
}

// fourHash is a hash of the first four bytes.
func fourHash(b []byte) uint32 {
	return (binary.LittleEndian.Uint32(b) | 0x20202020) * 0x9E3779B1 >> 20
}

// rarestGram is where the gram of a word that few texts have begins: one that ends with an at
// sign, or else the one of the rarest characters.
func rarestGram(word []byte) (at int) {
	least := int(^uint(0) >> 1)
	for i := range len(word) - gram + 1 {
		common := commonness(word[i]) + commonness(word[i+1]) + commonness(word[i+2])
		if word[i+2] == '@' {
			return i
		}
		if common < least {
			at, least = i, common
		}
	}
	return at
}

// commonness is how often a character stands in texts, roughly.
func commonness(c byte) int {
	if i := bytes.IndexByte([]byte("etaoinsrhldcumfpgwybvkxjqz"), c); i >= 0 {
		return 30 - i
	}
	return 3
}
