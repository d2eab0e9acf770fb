package record

import (
	"bytes"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Leaf is one text of a record as it is meant, whatever its spelling: a string, a number by
// its digits, or an object's key.
type Leaf struct {
	Path string // the keys that lead to it, joined by dots; places in a list do not count
	Text string
	Key  bool // it is a key itself; Path ends with it
}

// Leaves returns every text of a record in the order in which they stand there, of repeated
// keys all. A string that is JSON in itself is a leaf, and followed by those within it.
func Leaves(raw []byte) []Leaf {
	all, _ := leavesOf(raw, "", 0)
	return all
}

// maxLevels is how deep a text may hold JSON whose texts hold JSON, as in a search.
const maxLevels = 3

func leavesOf(doc []byte, base string, level int) (all []Leaf, whole bool) {
	whole = eachToken(doc, func(t token) {
		text, _ := t.meaning(doc)
		leaf := Leaf{Path: joinPath(base, t.path), Text: string(text), Key: t.key}
		all = append(all, leaf)
		if within, _ := jsonWithin(text, t, level); within != nil {
			if inner, whole := leavesOf(within, leaf.Path, level+1); whole {
				all = append(all, inner...)
			}
		}
	})
	return all, whole
}

func joinPath(base string, path []string) string {
	below := strings.Join(path, ".")
	if base == "" || below == "" {
		return base + below
	}
	return base + "." + below
}

// jsonWithin returns what of a text may be JSON, and where in the text it begins; nil when
// none of it is.
func jsonWithin(text []byte, t token, level int) (within []byte, at int) {
	if t.key || t.number || level == maxLevels {
		return nil, 0
	}
	trimmed := bytes.TrimLeftFunc(text, besideJSON)
	at = len(text) - len(trimmed)
	trimmed = bytes.TrimRightFunc(trimmed, besideJSON)
	if len(trimmed) < 2 || !bytes.ContainsRune([]byte(`{["`), rune(trimmed[0])) {
		return nil, 0
	}
	return trimmed, at
}

// besideJSON reports whether a character may stand before and after JSON in a text.
func besideJSON(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// token is a key, string or number of a document.
type token struct {
	start, end  int // quotes included
	path        []string
	key, number bool
}

// eachToken calls visit for each token of a document, and reports whether the document is
// JSON to its end.
func eachToken(doc []byte, visit func(token)) bool {
	w := tokenWalk{visit: visit}
	w.dec = jsontext.NewDecoder(bytes.NewBuffer(doc), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if w.value() != nil {
		return false
	}
	_, err := w.dec.ReadToken()
	return err == io.EOF
}

type tokenWalk struct {
	dec   *jsontext.Decoder
	path  []string
	visit func(token)
}

func (w *tokenWalk) value() error {
	kind := w.dec.PeekKind()
	if kind == '{' || kind == '[' {
		return w.members(kind == '{')
	}
	_, err := w.scalar(kind, false)
	return err
}

// scalar reads a value that is neither object nor list.
func (w *tokenWalk) scalar(kind jsontext.Kind, key bool) (jsontext.Value, error) {
	raw, err := w.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if !key && (kind == '"' || kind == '0') {
		w.visit(w.tokenOf(raw, false, kind == '0'))
	}
	return raw, nil
}

func (w *tokenWalk) tokenOf(raw []byte, key, number bool) token {
	end := int(w.dec.InputOffset())
	return token{end - len(raw), end, w.path, key, number}
}

func (w *tokenWalk) members(named bool) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for w.dec.PeekKind() != '}' && w.dec.PeekKind() != ']' {
		if err := w.member(named); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

func (w *tokenWalk) member(named bool) error {
	if !named {
		return w.value()
	}
	raw, err := w.scalar('"', true)
	if err != nil {
		return err
	}
	name, _ := unquote(raw[1 : len(raw)-1])
	w.path = append(w.path, string(name))
	w.visit(w.tokenOf(raw, true, false))
	err = w.value()
	w.path = w.path[:len(w.path)-1]
	return err
}

// meaning is the text of a token, and for each of its bytes and its end the place in the
// document where that is spelt.
func (t token) meaning(doc []byte) (text []byte, at []int) {
	if t.number {
		text = doc[t.start:t.end]
		for i := range len(text) + 1 {
			at = append(at, t.start+i)
		}
		return text, at
	}
	text, at = unquote(doc[t.start+1 : t.end-1])
	for i := range at {
		at[i] += t.start + 1
	}
	return text, at
}

// unquote reads the inside of a JSON string, and says for each byte of the text, and for its
// end, where it is spelt. What encodes no character is U+FFFD.
func unquote(raw []byte) (text []byte, at []int) {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == '\\' && i+1 < len(raw) {
			r, n = unescape(raw[i:])
		}
		before := len(text)
		text = utf8.AppendRune(text, r)
		for range len(text) - before {
			at = append(at, i)
		}
		i += n
	}
	return text, append(at, len(raw))
}

var shortEscapes = map[byte]rune{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads the escape that raw begins with, and its length; two that are a pair of
// surrogates are one.
func unescape(raw []byte) (rune, int) {
	if raw[1] != 'u' {
		if r, short := shortEscapes[raw[1]]; short {
			return r, 2
		}
		return rune(raw[1]), 2
	}
	r, n := hex4(raw), 6
	if utf16.IsSurrogate(r) {
		pair := utf16.DecodeRune(r, hex4(raw[min(6, len(raw)):]))
		if pair != utf8.RuneError {
			n = 12
		}
		r = pair
	}
	return r, min(n, len(raw))
}

// hex4 is the number of an escape \uXXXX, or -1.
func hex4(raw []byte) (r rune) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	for _, c := range raw[2:6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 {
			return -1
		}
		r = r<<4 | rune(digit) //nolint:gosec // below 16
	}
	return r
}
