package archive

import (
	"strings"
	"unicode"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Speech reads a source's records for showing. It learns from the messages it hears.
type Speech interface {
	// Hear takes in a message. Learned is called after the last one of a conversation; if
	// it says true, messages may read otherwise from now on.
	Hear(rec dsr.Record)
	Learned() bool
	Message(rec dsr.Record) record.Message
	Conversation(rec dsr.Record) record.Conversation
}

// firstWordsLength in characters fits one line of the start page's list.
const firstWordsLength = 90

// firstWords is the beginning of what a side of a message says, on one line.
func firstWords(s record.Side) string {
	text := strings.Join(s.Texts, " ")
	if s.Form != nil {
		text = s.Form.Cell()
	}
	return shorten(strings.Join(strings.Fields(text), " "), firstWordsLength)
}

// shorten cuts after n characters, at a space if there is one near.
func shorten(s string, n int) string {
	runes := []rune(s[:min(len(s), 4*n+4)])
	if len(runes) <= n {
		return strings.Clone(s)
	}
	cut := n
	for cut > n-20 && !unicode.IsSpace(runes[cut]) {
		cut--
	}
	if cut == n-20 {
		cut = n
	}
	return strings.TrimSpace(string(runes[:cut])) + "…"
}
