package match

import (
	"bytes"
	"hash/maphash"
)

// keyStack remembers the keys of every object that is open, to tell when one repeats.
type keyStack struct {
	keys   []span
	frames []keyFrame
}

// span is where a string token stands in the record, without its quotes.
type span struct {
	start, end int
	t          traits
}

// appendText appends what the token stands for.
func (s span) appendText(dst, b []byte) []byte {
	if s.t&(escaped|nonASCII) == 0 {
		return append(dst, b[s.start:s.end]...)
	}
	return decode(dst, b[s.start:s.end])
}

func (s span) equals(b, text []byte) bool {
	if s.t&(escaped|nonASCII) == 0 {
		return bytes.Equal(b[s.start:s.end], text)
	}
	return bytes.Equal(decode(nil, b[s.start:s.end]), text)
}

// keyFrame is one open object: where its keys begin; a bitmap of their hashes, which
// spares nearly every comparison; and past manyKeys a set, so that a huge object does
// not cost the square of its size.
type keyFrame struct {
	first  int
	bitmap [8]uint64
	many   map[uint64]struct{} // seeded hashes
}

const manyKeys = 128

// seed keeps a crafted record from choosing keys that collide. It decides nothing:
// equal hashes are always followed by a comparison.
var seed = maphash.MakeSeed()

func (s *keyStack) reset() { s.keys, s.frames = s.keys[:0], s.frames[:0] }

func (s *keyStack) open() { s.frames = append(s.frames, keyFrame{first: len(s.keys)}) }

func (s *keyStack) close() {
	top := len(s.frames) - 1
	s.keys = s.keys[:s.frames[top].first]
	s.frames = s.frames[:top]
}

// repeated takes in a key of the innermost object and reports whether it was there
// before. b is the record, name the decoded key.
func (s *keyStack) repeated(b []byte, at span, name []byte) bool {
	f := &s.frames[len(s.frames)-1]
	h := keyHash(name)
	word, bit := h>>61, uint64(1)<<(h>>55&63)
	maybe := f.bitmap[word]&bit != 0
	f.bitmap[word] |= bit
	s.keys = append(s.keys, at)
	if !maybe && f.many == nil {
		return false
	}
	own := s.keys[f.first : len(s.keys)-1]
	if len(own) >= manyKeys && !f.seen(own, b, name) {
		return false
	}
	for _, k := range own {
		if k.equals(b, name) {
			return true
		}
	}
	return false
}

// seen asks the set of an object with many keys, and takes the key in.
func (f *keyFrame) seen(own []span, b, name []byte) bool {
	if f.many == nil {
		f.many = make(map[uint64]struct{}, 2*manyKeys)
		var buf []byte
		for _, k := range own {
			buf = k.appendText(buf[:0], b)
			f.many[maphash.Bytes(seed, buf)] = struct{}{}
		}
	}
	h := maphash.Bytes(seed, name)
	_, ok := f.many[h]
	f.many[h] = struct{}{}
	return ok
}

// keyHash is quick and good enough for a bitmap.
func keyHash(name []byte) uint64 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (uint64(n)<<24 | uint64(name[0])<<16 | uint64(name[n/2])<<8 | uint64(name[n-1])) * prime1
}
