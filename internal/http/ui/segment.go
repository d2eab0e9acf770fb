package ui

import (
	"strings"
	"unicode/utf8"
)

// segment is a part of a text that is marked, or not.
type segment struct {
	Text string
	Kind segmentKind
}

// segmentKind says why a part is marked.
type segmentKind string

const (
	segmentPlain    segmentKind = ""
	segmentWithheld segmentKind = "withheld"
	segmentProposed segmentKind = "proposed"
	segmentSought   segmentKind = "sought"
)

// Plain reports whether the segment is not marked.
func (s segment) Plain() bool { return s.Kind == segmentPlain }

// segments cuts a text where a mark begins or ends; of marks that begin at one place the
// first of the longest counts. What is sought is marked in whatever case.
func segments(text string, marks []segment, sought string) (all []segment) {
	plain := 0
	for at := 0; at < len(text); {
		size, kind := markAt(text[at:], marks, sought)
		if size == 0 {
			_, size = utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		all = appendPlain(all, text[plain:at])
		all = append(all, segment{text[at : at+size], kind})
		at += size
		plain = at
	}
	return appendPlain(all, text[plain:])
}

func appendPlain(all []segment, text string) []segment {
	if text == "" {
		return all
	}
	return append(all, segment{Text: text})
}

// markAt is the mark with which a text begins; 0 bytes when there is none.
func markAt(text string, marks []segment, sought string) (size int, kind segmentKind) {
	for _, m := range marks {
		if len(m.Text) > size && strings.HasPrefix(text, m.Text) {
			size, kind = len(m.Text), m.Kind
		}
	}
	if size == 0 && sought != "" && len(text) >= len(sought) && strings.EqualFold(text[:len(sought)], sought) {
		size, kind = len(sought), segmentSought
	}
	return size, kind
}
