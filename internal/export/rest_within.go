package export

import (
	"encoding/json"
	"strconv"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

// messagesWithin are the messages that stand in a conversation's record: in lists, or as
// single objects. What is neither, or null, is none.
func messagesWithin(raw []byte, paths []record.Path) (messages []json.RawMessage) {
	for _, path := range paths {
		for _, value := range rawsAt(raw, path) {
			switch value[0] {
			case '{':
				messages = append(messages, value)
			case '[':
				anyField(value, func(_ string, v []byte) bool {
					messages = append(messages, json.RawMessage(v))
					return false
				})
			}
		}
	}
	return messages
}

// keepInner keeps a message that stands in its conversation's record, at a place from 1 on. One
// without an id is told from others by that place.
func keepInner(r Record, conversation string, number int64) dsr.Record {
	m := keepMessage(r, conversation)
	if m.ID == "" {
		m.Scope = conversation + " " + strconv.FormatInt(number, 10)
	}
	return m
}
