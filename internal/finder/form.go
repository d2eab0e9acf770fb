package finder

import (
	"bytes"
	"cmp"
	"regexp"
)

// form is what one rule looks for in a folded text.
type form struct {
	kind  Kind
	rule  Rule
	shape *regexp.Regexp
	hints hints
	// behind is how far a candidate reaches from its hint; 0: hintBehind.
	behind int
	// group is the part of the shape that is the passage; 0: all of it.
	group int
	// valid judges a candidate without its separators; nil: the shape says enough.
	valid func(compact string) bool
	// fits judges it as it is written; trim: without the punctuation behind it.
	fits func(written string) bool
	trim bool
	// near must stand beside a candidate; nil: nothing need. unless must not stand before it.
	near, unless *regexp.Regexp
	// written: the candidate is a number by itself, and no part of an address or of another.
	written bool
}

// How far from a candidate words may stand that say what it is.
const nearBefore, nearBehind = 64, 24

// search calls found for every candidate that the form accepts.
func (f form) search(v *view, found func(from, to int)) {
	for _, w := range v.windows(f.hints, cmp.Or(f.behind, hintBehind)) {
		for _, at := range f.shape.FindAllSubmatchIndex(v.text[w.from:w.to], -1) {
			f.judge(v, w.from+at[2*f.group], w.from+at[2*f.group+1], found)
		}
	}
}

func (f form) judge(v *view, from, to int, found func(from, to int)) {
	if f.trim {
		to = from + len(bytes.TrimRight(v.text[from:to], ".,;:)"))
	}
	if to > from && f.accepts(v, from, to) {
		found(from, to)
	}
}

func (f form) accepts(v *view, from, to int) bool {
	switch {
	case f.written && !v.standsAlone(from, to):
		return false
	case f.valid != nil && !f.valid(compact(string(v.text[from:to]))):
		return false
	case f.fits != nil && !f.fits(string(v.text[from:to])):
		return false
	case f.near != nil && !f.near.Match(v.around(from, to)):
		return false
	}
	return f.unless == nil || !f.unless.Match(v.before(from))
}

// view is one text as the forms see it.
type view struct {
	folded
	lower    []byte   // in small letters
	asked    []byte   // how the text before it ends, folded
	taken    []bool   // the bytes that belong to a passage, or to what no number is looked for in
	ofDigits []window // where digits are
}

func newView(text string, asked []byte) *view {
	v := &view{folded: fold(text), asked: asked}
	v.lower, v.taken = bytes.ToLower(v.text), make([]bool, len(v.text))
	v.ofDigits = v.digitWindows()
	return v
}

// each calls found for all that a pattern matches near hints.
func (v *view) each(pattern *regexp.Regexp, h hints, found func(from, to int)) {
	form{shape: pattern, hints: h}.search(v, found)
}

// before is what stands in front of a place, back into the text before this one.
func (v *view) before(from int) []byte {
	if from >= nearBefore {
		return v.text[from-nearBefore : from]
	}
	return append(append(append(make([]byte, 0, 2*nearBefore+1), v.asked...), '\n'), v.text[:from]...)
}

// around is what stands on both sides of a place.
func (v *view) around(from, to int) []byte {
	before := v.before(from)
	return append(append(append(make([]byte, 0, len(before)+nearBehind+1), before...), '\n'), v.text[to:min(to+nearBehind, len(v.text))]...)
}

// standsAlone reports whether a number is not part of a longer one, of a word, an address
// or a decimal fraction.
func (v *view) standsAlone(from, to int) bool {
	for _, taken := range v.taken[from:to] {
		if taken {
			return false
		}
	}
	return !v.joins(from-1, from-2) && !v.joins(to, to+1)
}

// joins reports whether the byte at the place, with the one beyond it, goes on with a number.
func (v *view) joins(place, beyond int) bool {
	if place < 0 || place >= len(v.text) {
		return false
	}
	switch c := v.text[place]; {
	case isWord(c), c == '+', c == '@', c == '%':
		return true
	case c == '.' || c == ',' || c == ':' || c == '/' || c == '-':
		return beyond >= 0 && beyond < len(v.text) && isDigit(v.text[beyond])
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
}

// words is a pattern of any of the words, in any case; each may be a pattern of its own.
func words(any string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b(?:` + any + `)`) }

// ordered are words for numbers that shops, carriers and programs count with.
var ordered = words(`(?:order|tracking|parcel|shipment|invoice|ticket|transaction|transaktion|booking|article|serial|batch|customer|client|user|case|ref|` +
	`bestell|auftrags|sendungs|paket|rechnungs|vorgangs|buchungs|artikel|serien|kunden|commande|colis|suivi|facture|pedido|envio|seguimiento|factura|ordine|spedizione|` +
	`fattura|bestelling|zending|factuur|zamowieni|przesylk|faktur)[a-z]{0,12}(?: ?(?:no|nr|number|nummer|numero|id|code))?(?: ?(?:is|ist|lautet|est|es|e))?[^a-z0-9]{0,6}$`)
