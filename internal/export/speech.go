package export

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// Speech reads a source's records for showing: who says what. It is made anew for each
// archive, and learns from the messages it hears.
type Speech interface {
	// Hear takes in a message. Learned is called after the last one of a conversation; if
	// it says true, messages may read otherwise from now on.
	Hear(rec dsr.Record)
	Learned() bool
	Message(rec dsr.Record) record.Message
	Conversation(rec dsr.Record) record.Conversation
}

// SpeechOf returns the Speech of a type of source; a dump holds the records of the first.
func SpeechOf(sourceType string) Speech {
	if sourceType == "avaamo" {
		return &avaamoSpeech{agents: map[string]bool{}}
	}
	return converseSpeech{}
}
