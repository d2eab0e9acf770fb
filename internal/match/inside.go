package match

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// maxLevels is how deep a text may hold JSON whose texts hold JSON.
const maxLevels = 3

// mayHoldJSON says quickly of nearly every string that it is no JSON object or array, nor
// one that was made a JSON string once more.
func mayHoldJSON(raw []byte) bool {
	if len(raw) < 2 || plainStart[raw[0]] {
		return false
	}
	for i := 0; i < len(raw); {
		r, n := rune(raw[i]), 1
		switch {
		case r == '\\':
			r, n = prefilter.Unescape(raw, i)
		case r >= utf8.RuneSelf:
			r, n = utf8.DecodeRune(raw[i:])
		}
		i += n
		switch {
		case r == '{', r == '[':
			return true
		case r == '"':
			return i < len(raw) && !plainStart[raw[i]]
		case !blankBeside(r):
			return false
		}
	}
	return false
}

// plainStart are the ASCII characters with which no JSON begins, nor anything before it.
var plainStart = func() (is [256]bool) {
	for c := byte('!'); c < 0x7F; c++ {
		is[c] = c != '{' && c != '[' && c != '"' && c != '\\'
	}
	return is
}()

// inside walks a leaf that is a JSON object or array in itself, or a JSON string that is. Its
// keys go on where the leaf's path ends. What is no JSON to its end is a text and nothing else.
func (w *walker) inside(i, end int, in region) {
	if w.level == maxLevels {
		return
	}
	text := bytes.TrimFunc(prefilter.Decode(nil, w.b[i:end]), blankBeside)
	if len(text) == 0 || text[0] == '"' && !quotesJSON(text) {
		return
	}
	inner := newWalker(w.m)
	defer inner.release()
	inner.b, inner.told = text, w.told
	told := w.leavesTold()
	inner.begin()
	inner.level, inner.based, inner.base = w.level+1, w.based || len(w.path) > w.root, string(w.pathText())
	if after := inner.value(0, in); after != len(inner.b) {
		w.tellOnly(told)
		return
	}
	for _, r := range inner.found.reasons {
		w.found.keep(r, insidePlace)
	}
	w.near.take(&inner.near)
}

// blankBeside reports whether a character may stand before and after JSON: white space, or a
// byte order mark and its like.
func blankBeside(r rune) bool { return unicode.IsSpace(r) || dsr.Invisible(r) }

// quotesJSON reports whether a JSON string says what begins like JSON.
func quotesJSON(text []byte) bool {
	end, t := prefilter.StringEnd(text, 1)
	if t&prefilter.Broken != 0 {
		return false
	}
	says := bytes.TrimLeftFunc(prefilter.Decode(nil, text[1:end]), blankBeside)
	return len(says) > 0 && (says[0] == '{' || says[0] == '[' || says[0] == '"')
}

// insidePlace is no place of the walker's own.
const insidePlace = -1
