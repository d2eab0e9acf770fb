package export

import (
	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/record"
)

// Speech reads a source's records for showing: who says what. It is made anew for each
// archive, and learns from the messages it hears.
type Speech interface {
	// Learns reports whether messages may read otherwise after others have been heard.
	Learns() bool
	// Hear takes in a message. Learned is called after the last one of a conversation; if
	// it says true, messages may read otherwise from now on.
	Hear(rec dsr.Record)
	Learned() bool
	Message(rec dsr.Record) record.Message
	Conversation(rec dsr.Record) record.Conversation
}

// speeches make the Speech of each type of source; a dump holds the records of converse.
var speeches = map[string]func() Speech{
	"converse": func() Speech { return converseSpeech{} },
	"avaamo":   func() Speech { return &avaamoSpeech{agents: map[string]bool{}} },
	"dump":     func() Speech { return converseSpeech{} },
	"rest":     func() Speech { return converseSpeech{} },
}

// HasSpeech reports whether the records of a type of source can be read for showing.
func HasSpeech(sourceType string) bool { return speeches[sourceType] != nil }

// SpeechOf returns the Speech of a type of source, or of the declaration by which it was
// searched. Of a source that was searched by an earlier
// version and taken out of the configuration since, the type is not known: its records are
// read as converse's, and whatever those do not have is shown as it is.
func SpeechOf(sourceType string, d *dsr.Declared) Speech {
	if fields, is := fieldsOf(d); is {
		return declaredSpeech{fields}
	}
	if speech, known := speeches[sourceType]; known {
		return speech()
	}
	return speeches["converse"]()
}

// fieldsOf are the fields of the declaration by which a source was searched. Those that cannot
// be read, as of a later version, are none: then everything is shown as it is.
func fieldsOf(d *dsr.Declared) (f declared.Fields, is bool) {
	if d == nil {
		return f, false
	}
	if f, err := declared.ParseFields(d.Fields); err == nil {
		return f, true
	}
	return declared.Fields{}, true
}
