package index

import "dsr-server/internal/match/prefilter"

// Skim reads the records of a block that are of the usual kind, many at once, ahead of the
// walker. Of these it has proven what the walker proves: they are JSON, their strings are
// UTF-8 with whole pairs of surrogates, no key is repeated or differs from the schema's in case
// only. It tells where the values of the schema's keys stand and which leaves are worth looking
// at, and has decided nothing. What is not of that kind it leaves to the walker: faults,
// anomalies, keys with escapes or that a value may be asked for by, deep nesting.
type Skim struct {
	skimmed
	text    []byte
	flags   int
	needles *prefilter.Needles
	known   knownKeys
	keys    int // how many are known
}

// Region says what a value is a part of; package match has more to say of them.
type Region uint8

// The regions.
const (
	Elsewhere Region = iota
	Identity
	Outside
	Searched
)

// Key is what the walker knows of a key.
type Key struct {
	Number   uint8  // of the schema's key, at the top of a record
	Region   Region // of its value there
	OddCase  bool
	AskedFor bool
}

// Flags of a block.
const (
	Lines = 1 << iota // one record a line; else they are the elements of an array
	Whole             // the whole record is searched
)

// Range is a part of the text.
type Range struct{ Start, End uint32 }

// Record is one that was read.
type Record struct {
	At                 Range
	Top                [maxNames]Range // by the number of the schema's key; an end of 0: absent
	firstLeaf, endLeaf uint32
	leaves             uint32
}

// HasLeaves reports whether there is something in its metadata.
func (r *Record) HasLeaves() bool { return r.leaves != 0 }

// Leaf is one to look at.
type Leaf struct {
	At                 Range
	Place              uint32 // changes with the path
	firstPath, endPath uint32
	Traits             prefilter.Traits
	Region             Region
	flags              uint8
}

// IsNumber reports whether it is a number and no string.
func (l *Leaf) IsNumber() bool { return l.flags&1 != 0 }

// HasGram reports whether one of the needles' grams may stand in it.
func (l *Leaf) HasGram() bool { return l.flags&2 != 0 }

// Known to skim.h.
const (
	maxNames   = 13
	maxKeys    = 256
	keySlots   = 1024
	maxRecords = 64
	maxLeaves  = 256
	maxPaths   = 1024
	maxToken   = 48
	oddEnd     = 1 << 17
	maxUnread  = 8
)

type knownKey struct {
	token, mask                 [maxToken]byte // with the quote behind it
	size, number, region, flags uint8
	id                          uint8
	next                        [4]uint8
}

type knownKeys struct {
	keys  [maxKeys]knownKey
	slots [keySlots]uint8
}

type skimmed struct {
	at, from, limit                            int
	pass                                       state
	recordsUsed, leavesUsed, pathsUsed, goesOn uint32
	key                                        Range
	records                                    [maxRecords]Record
	leaves                                     [maxLeaves]Leaf
	paths                                      [maxPaths]Range
	room                                       [window / 64]word
	tail                                       [128]byte
	unreadUsed                                 uint32
	unread                                     [maxUnread]uint32
	odd                                        [oddEnd]prefilter.Oddness
}

// Reason is why Next has returned.
type Reason int

// The reasons.
const (
	Finished   Reason = iota // all is read: the place is the end of the text, or of the last element
	Full                     // there is more to read at the place
	Strange                  // the line or element at the place is the walker's
	unknownKey               // one in it has to be learnt
)

// Usable reports whether this program and processor can skim a text.
func Usable(text []byte) bool { return vectors && len(text) < 1<<31 }

// Begin takes a text.
func (s *Skim) Begin(text []byte, flags int, n *prefilter.Needles) {
	s.text, s.flags, s.needles = text, flags, n
	s.From(0)
}

// End forgets the text.
func (s *Skim) End() { s.text, s.needles = nil, nil }

// Forget forgets all keys.
func (s *Skim) Forget() { s.known, s.keys = knownKeys{}, 0 }

// From has the next line or element begin at a place where no string is open.
func (s *Skim) From(at int) {
	s.at, s.from, s.limit, s.pass, s.goesOn = at, at, at, state{}, 0
}

// Next reads the records from the present place on, as many as there is room for, and returns
// the place behind them. learn tells about a key. The records are good until Next is called again.
func (s *Skim) Next(learn func(name []byte) Key) (records []Record, at int, why Reason) {
	if why = Reason(s.run()); why == unknownKey {
		why = Strange
		if s.learn(s.text[s.key.Start:s.key.End], learn) {
			why = Full
		}
	}
	for _, r := range s.unread[:s.unreadUsed] {
		s.readOdd(rune(r &^ 63)) //nolint:gosec // under oddEnd
	}
	return s.records[:s.recordsUsed], s.at, why
}

// readOdd takes in which of 64 characters are odd.
func (s *Skim) readOdd(first rune) {
	for r := first; r < first+64; r++ {
		s.odd[r] = prefilter.OddnessOf(r)
	}
}

// Leaves are those of a record that are to be looked at.
func (s *Skim) Leaves(r *Record) []Leaf { return s.leaves[r.firstLeaf:r.endLeaf] }

// Path are the keys above a leaf.
func (s *Skim) Path(l *Leaf) []Range { return s.paths[l.firstPath:l.endPath] }

// learn takes a key in, if there is room.
func (s *Skim) learn(name []byte, learn func([]byte) Key) bool {
	if s.keys == maxKeys-1 || len(name) >= maxToken {
		return false
	}
	s.keys++
	slot := keySlot(name)
	for s.known.slots[slot] != 0 {
		slot = (slot + 1) % keySlots
	}
	s.known.slots[slot] = uint8(s.keys) //nolint:gosec // under maxKeys
	s.known.keys[s.keys].set(s.keys, name, learn(name))
	return true
}

func (k *knownKey) set(id int, name []byte, is Key) {
	*k = knownKey{size: uint8(len(name) + 1), number: is.Number, region: uint8(is.Region), id: uint8(id)} //nolint:gosec // under maxToken, maxKeys
	if is.OddCase {
		k.flags |= oddCase
	}
	if is.AskedFor {
		k.flags |= askedFor
	}
	copy(k.token[:], name)
	k.token[len(name)] = '"'
	for i := range k.size {
		k.mask[i] = 0xFF
	}
}

// Flags of a known key.
const (
	oddCase = 1 << iota
	askedFor
)

// keySlot is where a key is looked for first.
func keySlot(name []byte) uint64 {
	n := uint64(len(name))
	if n == 0 {
		return 0
	}
	return (n<<24 | uint64(name[0])<<16 | uint64(name[n/2])<<8 | uint64(name[n-1])) * 0x9E3779B97F4A7C15 >> 54
}
