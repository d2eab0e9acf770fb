package match

import (
	"bytes"
	"hash/maphash"

	"dsr-server/internal/match/prefilter"
)

// span is where a string token stands in the record, without its quotes.
type span struct {
	start, end int
	t          prefilter.Traits
}

// appendText appends what the token means.
func (s span) appendText(dst, b []byte) []byte {
	if s.t&(prefilter.Escaped|prefilter.NonASCII) == 0 {
		return append(dst, b[s.start:s.end]...)
	}
	return prefilter.Decode(dst, b[s.start:s.end])
}

func (s span) equals(b, text []byte) bool {
	if s.t&(prefilter.Escaped|prefilter.NonASCII) == 0 {
		return bytes.Equal(b[s.start:s.end], text)
	}
	return bytes.Equal(prefilter.Decode(nil, b[s.start:s.end]), text)
}

// objectKeys tells when an object repeats a key. The keys themselves stand on the
// walker's stack, from first on. A bitmap of their hashes spares nearly every
// comparison, and past manyKeys a set does, so that a huge object does not cost the
// square of its size.
type objectKeys struct {
	first  int
	bitmap [4]uint64
	many   map[uint64]struct{} // seeded hashes
}

const manyKeys = 128

// seed keeps a crafted record from choosing keys that collide. It decides nothing:
// equal hashes are always followed by a comparison.
var seed = maphash.MakeSeed()

// mark takes the key's hash in and reports whether it may have been there before.
func (k *objectKeys) mark(h uint64) bool {
	word, bit := &k.bitmap[h>>62], uint64(1)<<(h>>56&63)
	maybe := *word&bit != 0
	*word |= bit
	return maybe || k.many != nil
}

// repeated decides whether a marked key is among own. b is the record, name the decoded key.
func (k *objectKeys) repeated(own []span, b, name []byte) bool {
	if len(own) >= manyKeys && !k.seen(own, b, name) {
		return false
	}
	for _, o := range own {
		if o.equals(b, name) {
			return true
		}
	}
	return false
}

// seen asks the set of an object with many keys, and takes the key in.
func (k *objectKeys) seen(own []span, b, name []byte) bool {
	if k.many == nil {
		k.many = make(map[uint64]struct{}, 2*manyKeys)
		var buf []byte
		for _, o := range own {
			buf = o.appendText(buf[:0], b)
			k.many[maphash.Bytes(seed, buf)] = struct{}{}
		}
	}
	h := maphash.Bytes(seed, name)
	_, ok := k.many[h]
	k.many[h] = struct{}{}
	return ok
}

// keyHash is quick and good enough for a bitmap.
func keyHash(name []byte) uint64 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (uint64(n)<<24 | uint64(name[0])<<16 | uint64(name[n/2])<<8 | uint64(name[n-1])) * keyPrime
}

// keyPrime spreads bits (the golden ratio).
const keyPrime = 0x9E3779B97F4A7C15
