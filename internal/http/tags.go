package http

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Tags reads a list of entity tags (RFC 9110, 8.8.3); any: it is "*". What is none is left
// out.
func Tags(header []string) (tags []string, anyTag bool) {
	for text := range tagFields(strings.Join(header, ",")) {
		if text == "*" {
			return nil, true
		}
		opaque := strings.TrimPrefix(text, "W/")
		if len(opaque) > 1 && opaque[0] == '"' && opaque[len(opaque)-1] == '"' {
			tags = append(tags, text)
		}
	}
	return tags, false
}

// tagFields splits a list at the commas that are not within quotes.
func tagFields(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for list != "" {
			end, quoted := 0, false
			for end < len(list) && (quoted || list[end] != ',') {
				quoted = quoted != (list[end] == '"')
				end++
			}
			if field := strings.Trim(list[:end], " \t"); field != "" && !yield(field) {
				return
			}
			list = strings.TrimPrefix(list[end:], ",")
		}
	}
}

// NotModified names what is answered with by its tag, and answers with 304 when that is what
// the caller has.
func NotModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	tags, anyTag := Tags(r.Header.Values("If-None-Match"))
	for _, theirs := range tags {
		// A weak comparison, as If-None-Match has it.
		anyTag = anyTag || strings.TrimPrefix(theirs, "W/") == strings.TrimPrefix(tag, "W/")
	}
	if anyTag {
		w.WriteHeader(http.StatusNotModified)
	}
	return anyTag
}

// WriteTagged writes v as the answer, unless the caller has just that already. The tag is a
// weak one: it is the same however the answer is compressed.
func WriteTagged(w http.ResponseWriter, r *http.Request, v any) {
	text := encodeJSON(v)
	sum := sha256.Sum256(text)
	if NotModified(w, r, `W/"`+hex.EncodeToString(sum[:16])+`"`) {
		return
	}
	w.Header().Set("Content-Type", JSONType)
	_, _ = w.Write(text)
}
