package match

import (
	"encoding/binary"

	"dsr-server/internal/match/prefilter"
)

// keyCache remembers the keys of the records read, and which followed which. Most
// records have the keys of the one before in the same order, and a key that is where
// it was expected need only be compared, not read. What is remembered makes nothing
// true or false: a key that was not expected is read.
type keyCache struct {
	keys    [256]cachedKey // the oldest is forgotten first
	newest  uint8
	m       *Matcher    // that it is known for
	last    uint8       // the key read last
	byHash  [1024]uint8 // where a key may be
	strange cachedKey   // for a key that is not worth remembering
}

// cachedKey is a key without escapes and without bytes over 0x7F.
type cachedKey struct {
	n                 int                    // of the token, with the closing quote
	first, last, mask uint64                 // its first and last eight bytes, and which of the first count
	hash              uint64                 // for objectKeys
	next              [4]uint8               // by depth: the key that followed it there last time
	top               role                   // at the top of a record
	near              []int                  // selectors that ask for what it says
	token             [maxCachedKey + 1]byte // with its closing quote
}

const maxCachedKey = 40

// expected is the number of the key that followed last time.
func (f *keyCache) expected(depth int) uint8 { return f.keys[f.last].next[depth&3] }

// standsAt reports whether b[i:] begins with the key and its closing quote.
func (k *cachedKey) standsAt(b []byte, i int) bool {
	n := k.n
	if uint(i) >= uint(len(b)) || len(b)-i < max(n, 8) || n == 0 {
		return false // the last bytes are read one by one
	}
	b = b[i:]
	if binary.LittleEndian.Uint64(b)&k.mask != k.first {
		return false
	}
	if n <= 8 {
		return true
	}
	if binary.LittleEndian.Uint64(b[n-8:]) != k.last {
		return false
	}
	return n <= 16 || string(b[:n]) == string(k.token[:n])
}

// learn returns what there is to know of a key that was not expected. name is its
// text, and raw its token.
func (f *keyCache) learn(depth int, name, raw []byte, t prefilter.Traits) *cachedKey {
	hash := keyHash(name)
	if t&(prefilter.Escaped|prefilter.NonASCII) != 0 || len(name) > maxCachedKey {
		f.strange = cachedKey{hash: hash, top: f.m.schema.roleOf(name), near: f.m.nearKey(raw, t)}
		return &f.strange
	}
	at := &f.byHash[hash>>54]
	if k := &f.keys[*at]; k.n != len(name)+1 || string(k.token[:len(name)]) != string(name) {
		f.newest++
		*at = f.newest
		f.keys[*at].set(name, hash, f.m)
	}
	f.keys[f.last].next[depth&3] = *at
	f.last = *at
	return &f.keys[*at]
}

func (k *cachedKey) set(name []byte, hash uint64, m *Matcher) {
	*k = cachedKey{n: len(name) + 1, hash: hash, top: m.schema.roleOf(name), near: m.nearKey(name, 0), next: k.next}
	copy(k.token[:], name)
	k.token[len(name)] = '"'
	k.mask = ^uint64(0)
	if k.n < 8 {
		k.mask >>= 64 - 8*uint(k.n)
	}
	k.first = binary.LittleEndian.Uint64(k.token[:]) & k.mask
	k.last = binary.LittleEndian.Uint64(k.token[max(k.n-8, 0):])
}
