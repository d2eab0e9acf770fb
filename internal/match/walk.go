package match

import (
	"bytes"
	"sync"

	"dsr-server/internal/match/index"
	"dsr-server/internal/match/prefilter"
)

// walker goes through one record: it proves that the record is JSON and decides, leaf
// by leaf. It is the only code that decides. Its methods take the index where a value
// begins and return the index after it, or -1 after failing.
type walker struct {
	m        *Matcher
	b        []byte
	marks    index.Marks // of b, or of a text that begins with it
	skim     *index.Skim // of the whole block, once one was scanned
	sights   prefilter.Sights
	depth    int
	keys     []span // of every object that is open
	known    keyCache
	path     []span // the keys from the top, or from where the metadata begins, to the present value
	root     int    // where in path the metadata begins
	place    int    // changes with path
	in       region // of the present leaf
	leafText []byte // what it says
	level    int    // of texts that hold what is walked; see inside
	base     string // the path of the text
	based    bool   // it has one
	found    findings
	near     nearly // selectors that nearly matched
	seen     TextAnomalies
	top      [maxNames + 1]captured // by the number of the schema's key
	err      *SyntaxError
	told     *[]leaf // every leaf; nil while deciding
	leaves   bool    // there is something to look at in the metadata

	buffers struct{ text, folded, filter, path, loose []byte } // each for one purpose
}

// walkers are kept for their buffers.
var walkers = sync.Pool{New: func() any { return new(walker) }}

func newWalker(m *Matcher) *walker {
	w := walkers.Get().(*walker)
	w.m = m
	if w.known.m != m {
		w.known = keyCache{m: m}
		if w.skim != nil {
			w.skim.Forget()
		}
	}
	return w
}

func (w *walker) release() {
	w.m, w.b, w.found, w.err, w.leafText, w.told = nil, nil, findings{}, nil, nil, nil
	w.marks.End()
	w.sights.End()
	if w.skim != nil {
		w.skim.End()
	}
	clear(w.top[:])
	walkers.Put(w)
}

// region says what a value is a part of.
type region uint8

const (
	elsewhere = region(index.Elsewhere) // not looked at, but must be JSON
	identity  = region(index.Identity)  // the record's id
	outside   = region(index.Outside)   // beside the metadata: near misses are looked for
	searched  = region(index.Searched)  // the metadata, or inside of it
	placed    = searched + 1            // from here on: a place of the schema
)

// begin forgets what was walked before.
func (w *walker) begin() {
	w.keys = w.keys[:0]
	w.found.reset()
	w.near.places, w.near.text = w.near.places[:0], w.near.text[:0]
	w.path, w.root, w.place, w.depth, w.seen, w.leaves, w.err = w.path[:0], 0, 0, 0, TextAnomalies{}, false, nil
	w.level, w.base, w.based = 0, "", false
	clear(w.top[:len(w.m.schema.names)+1])
}

// record walks the record at b[i], and returns the index after it.
func (w *walker) record(i int) int {
	w.begin()
	w.marks.Resume(i)
	if i == len(w.b) || w.b[i] != '{' {
		return w.fail(i, notAnObject(w.b, i))
	}
	if w.m.schema.whole {
		return w.object(i, searched)
	}
	return w.object(i, elsewhere)
}

// notAnObject says why b[i] does not begin a record or page.
func notAnObject(b []byte, i int) string {
	if bytes.HasPrefix(b[i:], []byte("\xEF\xBB\xBF")) {
		return "begins with a byte order mark, which JSON does not allow"
	}
	return "not a JSON object"
}

const tooDeep = "nested deeper than 512 levels" // MaxDepth

func (w *walker) fail(offset int, reason string) int {
	w.err = &SyntaxError{Offset: offset, Reason: reason}
	return -1
}

func (w *walker) value(i int, in region) int {
	if i == len(w.b) {
		return w.fail(i, "the text ends where a value must stand")
	}
	c := w.b[i]
	if c == '"' {
		return w.str(i+1, in)
	}
	if in != elsewhere {
		in = w.enter(c, in)
	}
	switch {
	case c == '{':
		return w.object(i, in)
	case c == '[':
		return w.array(i, in)
	case c == '-' || c-'0' <= 9:
		return w.number(i, in)
	}
	end := prefilter.LiteralEnd(w.b, i)
	if end < 0 {
		return w.fail(i, "not a JSON value")
	}
	w.leaves = w.leaves || c != 'n' && w.m.schema.own(in) == searched
	return end
}

// enter says what a value that is no string, beginning with c, is a part of.
func (w *walker) enter(c byte, in region) region {
	if in == identity && c != '-' && c-'0' > 9 {
		return elsewhere // an id may be a number
	}
	return in
}

// begins reports whether the metadata begins with a value.
func (w *walker) begins(around, in region) bool {
	return in != around && w.m.schema.own(in) == searched && w.m.schema.own(around) != searched
}

// metadata reads the value at b[i], with which the metadata begins: keys count from there. If
// it is a number, true or false, that is an anomaly.
func (w *walker) metadata(i int, in region) int {
	if i < len(w.b) {
		switch w.b[i] {
		case '{', '[', '"', 'n':
		default:
			w.seen.MetadataScalar = true
		}
	}
	outer := w.root
	if w.root = len(w.path); w.root > 0 {
		w.place++ // what stood before may have no path either
	}
	i = w.value(i, in)
	w.root = outer
	return i
}

func (w *walker) object(i int, in region) int {
	if w.depth++; w.depth > MaxDepth {
		return w.fail(i, tooDeep)
	}
	outer := len(w.keys)
	i = w.members(prefilter.Next(w.b, i+1), in)
	w.keys = w.keys[:outer]
	w.depth--
	return i
}

func (w *walker) members(i int, in region) int {
	b, outer := w.b, len(w.path)
	siblings := objectKeys{first: len(w.keys)}
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return w.fail(i, "expected a key")
		}
		end, inner, top := w.key(&siblings, i+1, in)
		if end < 0 {
			return end
		}
		if i = prefilter.Next(b, end+1); i >= len(b) || b[i] != ':' {
			return w.fail(i, "expected a colon")
		}
		start := prefilter.Next(b, i+1)
		if inner != in && w.begins(in, inner) {
			i = w.metadata(start, inner)
		} else if start < len(b) && b[start] == '"' {
			i = w.str(start+1, inner) // nearly always, so without the detour
		} else {
			i = w.value(start, inner)
		}
		if i < 0 {
			return i
		}
		if len(w.path) != outer {
			w.path = w.path[:outer]
			w.place++
		}
		if top.number != 0 {
			w.capture(top, b[start:i:i])
		}
		if i = prefilter.Next(b, i); i >= len(b) || b[i] != ',' {
			break
		}
		i = prefilter.Next(b, i+1)
	}
	if i >= len(b) || b[i] != '}' {
		return w.fail(i, "expected a comma or the end of the object")
	}
	return i + 1
}

// key takes in the key at b[i]. It returns the index of its closing quote and says what
// its value is a part of, and of a top-level key what it is for; only in the metadata do
// keys make a path.
func (w *walker) key(siblings *objectKeys, i int, in region) (end int, inner region, top role) {
	at := span{start: i}
	expected := w.known.expected(w.depth)
	k := &w.known.keys[expected]
	if k.standsAt(w.b, i) {
		w.known.last = expected
		at.end = i + k.n - 1
	} else {
		if at.end, at.t = w.marks.StringEnd(w.b, i); at.t&prefilter.Broken != 0 {
			return w.fail(at.end, "not a JSON string"), elsewhere, role{}
		}
		k = w.known.learn(w.depth, w.nameOf(at), w.b[at.start:at.end], at.t)
	}
	if siblings.mark(k.hash) && !w.seen.DuplicateKeys {
		w.seen.DuplicateKeys = siblings.repeated(w.keys[siblings.first:], w.b, w.nameOf(at))
	}
	w.keys = append(w.keys, at)
	inner = in
	if w.depth == 1 && w.level == 0 {
		if k.top.oddCase {
			w.seen.KeyCase = true
		}
		inner, top = k.top.region, k.top
	} else if in >= placed {
		inner = w.m.schema.places[in-placed].below(w.nameOf(at))
	}
	if in >= searched || inner == outside || inner >= placed { // at the top the metadata's own key is part of no path
		w.path = append(w.path, at)
		w.place++
		if k.near != nil {
			w.missKey(k.near, w.m.schema.own(inner))
		}
	}
	return at.end, inner, top
}

// nameOf is what a key says; it is overwritten by the next call.
func (w *walker) nameOf(at span) []byte {
	if at.t&(prefilter.Escaped|prefilter.NonASCII) == 0 {
		return w.b[at.start:at.end]
	}
	return w.text(w.b[at.start:at.end], at.t)
}

// array walks an array; positions are not part of a path.
func (w *walker) array(i int, in region) int {
	if w.depth++; w.depth > MaxDepth {
		return w.fail(i, tooDeep)
	}
	i = w.elements(prefilter.Next(w.b, i+1), in)
	w.depth--
	return i
}

func (w *walker) elements(i int, in region) int {
	b := w.b
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	inner := w.m.schema.element(in)
	begins := w.begins(in, inner)
	for {
		if begins {
			i = w.metadata(i, inner)
		} else {
			i = w.value(i, inner)
		}
		if i < 0 {
			return i
		}
		if i = prefilter.Next(b, i); i >= len(b) || b[i] != ',' {
			break
		}
		i = prefilter.Next(b, i+1)
	}
	if i >= len(b) || b[i] != ']' {
		return w.fail(i, "expected a comma or the end of the array")
	}
	return i + 1
}

func (w *walker) str(i int, in region) int {
	end, t := w.marks.StringEnd(w.b, i)
	if t&prefilter.Broken != 0 {
		return w.fail(end, "not a JSON string")
	}
	if t&prefilter.Lone != 0 || t&(prefilter.NonASCII|prefilter.Proven) == prefilter.NonASCII {
		w.note(w.b[i:end], t)
	}
	switch in {
	case searched, outside:
		w.leaves = w.leaves || in == searched && end > i
		w.leaf(i, end, t, in)
	case identity:
		w.id(i, end, t, identity)
	case elsewhere:
	default:
		w.placedText(i, end, t, in)
	}
	return end + 1
}

// note counts the anomalies of a string token.
func (w *walker) note(raw []byte, t prefilter.Traits) {
	if t&prefilter.Lone != 0 {
		w.seen.LoneSurrogate = true
	}
	if t&(prefilter.NonASCII|prefilter.Proven) == prefilter.NonASCII && !w.seen.InvalidUTF8 && !prefilter.ValidUTF8(raw) {
		w.seen.InvalidUTF8 = true
	}
}

// text is what a string token says; it is overwritten by the next call.
func (w *walker) text(raw []byte, t prefilter.Traits) []byte {
	w.note(raw, t)
	if t&prefilter.Escaped == 0 && !w.seen.InvalidUTF8 {
		return raw
	}
	w.buffers.text = prefilter.Decode(w.buffers.text[:0], raw)
	return w.buffers.text
}
