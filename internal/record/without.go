package record

import (
	"bytes"
	"cmp"
	"html"
	"slices"
	"strings"
)

// Mark stands where something was withheld. It is no word of any language, and JSON, HTML and
// tables spell it as it is.
const Mark = "█████"

// Without returns a record with the mark in place of each passage in each of its texts,
// however they are spelt, and how often each passage occurs. Every other byte stays as it
// was sent. What is one of the names as a whole is an id, and stays.
func Without(raw []byte, passages []string, names ...string) (cut []byte, counts []int) {
	c := cutter{passages: passages, names: names, counts: make([]int, len(passages))}
	edits, _ := c.document(raw, 0)
	return apply(raw, edits), c.counts
}

// WithoutIn is Without for a text that is no record.
func WithoutIn(text string, passages []string) string {
	c := cutter{passages: passages, counts: make([]int, len(passages))}
	return string(apply([]byte(text), merged(c.found([]byte(text), false, nil))))
}

// cutter finds passages in one record.
type cutter struct {
	passages, names []string
	counts          []int
}

// edit puts a text in the place of [from:to].
type edit struct {
	from, to int
	text     string
}

func apply(doc []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return doc
	}
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, doc[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, doc[at:]...)
}

// document returns the edits of a JSON text in their order. What is no JSON to its end has
// none, and nothing in it is counted.
func (c *cutter) document(doc []byte, level int) (edits []edit, whole bool) {
	before := slices.Clone(c.counts)
	whole = eachToken(doc, func(t token) { edits = append(edits, c.token(doc, t, level)...) })
	if !whole {
		c.counts = before
		return nil, false
	}
	return edits, true
}

func (c *cutter) token(doc []byte, t token, level int) []edit {
	text, at := t.meaning(doc)
	if level == 0 && !t.key && slices.Contains(c.names, string(text)) {
		return nil
	}
	inner := c.inside(text, t, level)
	edits := merged(c.found(text, t.key, inner))
	if t.number && len(edits) > 0 {
		return []edit{{t.start, t.end, `"` + Mark + `"`}}
	}
	for i, e := range edits {
		edits[i] = edit{at[e.from], at[e.to], quoted.Replace(e.text)}
	}
	return edits
}

// quoted spells a text of ours within a JSON string.
var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// inside are the edits of a text that is JSON in itself.
func (c *cutter) inside(text []byte, t token, level int) []edit {
	within, start := jsonWithin(text, t, level)
	if within == nil {
		return nil
	}
	edits, _ := c.document(within, level+1)
	for i := range edits {
		edits[i].from += start
		edits[i].to += start
	}
	return edits
}

// found adds to edits of a text where the passages stand in it, as it is and as HTML spells it.
func (c *cutter) found(text []byte, key bool, made []edit) []edit {
	made = append(made, c.occurrences(text, nil, key, made)...)
	if plain, at := unescapeHTML(text); plain != nil {
		made = append(made, c.occurrences(plain, at, key, made)...)
	}
	return made
}

// occurrences are where the passages stand in a text, but for those that lie within an edit
// that is made anyway. at says where each byte of the text is spelt; nil: where it stands.
func (c *cutter) occurrences(text []byte, at []int, key bool, made []edit) (edits []edit) {
	for i, passage := range c.passages {
		for from := 0; passage != ""; {
			found := bytes.Index(text[from:], []byte(passage))
			if found < 0 {
				break
			}
			here := edit{from + found, from + found + len(passage), Mark}
			e := here
			if from = here.to; at != nil {
				e.from, e.to = at[here.from], at[here.to]
				for n := here.to; e.to == e.from; n++ {
					e.to = at[n] // a part of what is spelt as one
				}
			}
			inside := slices.ContainsFunc(made, func(m edit) bool { return m.from <= e.from && e.to <= m.to })
			if !inside && (!key || ownWord(text, here, passage)) {
				c.counts[i]++
				edits = append(edits, e)
			}
		}
	}
	return edits
}

// maxEntity is longer than the name of any character in HTML.
const maxEntity = 40

// unescapeHTML reads what HTML spells otherwise, and says for each byte and the end where it
// is spelt; nil where nothing is.
func unescapeHTML(text []byte) (plain []byte, at []int) {
	if bytes.IndexByte(text, '&') < 0 {
		return nil, nil
	}
	some := false
	for i := 0; i < len(text); {
		spelt := text[i : i+1]
		if end := bytes.IndexByte(text[i:min(i+maxEntity, len(text))], ';'); text[i] == '&' && end > 0 {
			spelt = text[i : i+end+1]
		}
		meant := html.UnescapeString(string(spelt))
		if meant != string(spelt) {
			some = true
		} else {
			spelt, meant = spelt[:1], string(spelt[:1])
		}
		plain = append(plain, meant...)
		for range len(meant) {
			at = append(at, i)
		}
		i += len(spelt)
	}
	if !some {
		return nil, nil
	}
	return plain, append(at, len(text))
}

// ownWord reports whether a passage in a key is more than a part of the key's name: a vendor
// calls its fields by words of letters, and "me" is not withheld in "time".
func ownWord(text []byte, e edit, passage string) bool {
	if strings.ContainsFunc(passage, func(r rune) bool { return !letter(r) }) {
		return true
	}
	return (e.from == 0 || !letter(rune(text[e.from-1]))) && (e.to == len(text) || !letter(rune(text[e.to])))
}

func letter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_' }

// merged puts edits in order, and makes one of those that overlap.
func merged(edits []edit) (out []edit) {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	for _, e := range edits {
		last := len(out) - 1
		switch {
		case last < 0 || e.from >= out[last].to:
			out = append(out, e)
		case e.to > out[last].to:
			out[last] = edit{out[last].from, e.to, Mark}
		}
	}
	return out
}
