package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

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

// has reports whether something is noted of a selector at the present place.
func (n *nearly) has(selector, place int) bool {
	for i := len(n.places) - 1; i >= 0 && n.places[i].place == place; i-- {
		if n.places[i].selector == selector {
			return true
		}
	}
	return false
}

func (n *nearly) add(w *walker, selector int, kind NearKind) {
	if n.has(selector, w.place) {
		return
	}
	if len(n.places) == maxNearHits || len(n.text)+w.pathLen()+maxNearText > maxNearBytes {
		return
	}
	p := nearHit{selector: selector, place: w.place, kind: kind, start: len(n.text)}
	if w.in == identity {
		n.text = append(n.text, w.m.schema.idPath...)
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
			text := string(w.near.text[p.start:p.end]) // of both
			n.Places = append(n.Places, NearHit{text[:len(path)], p.kind, strings.ToValidUTF8(text[len(path):], "\uFFFD")})
		}
	}
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b Near) int { return a.Query - b.Query })
	}
	return out
}
