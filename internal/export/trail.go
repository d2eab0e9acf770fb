package export

import (
	"encoding/json"

	"dsr-server/internal/dsr"
)

// Entries is implemented by a Source whose scan yields what was said, entry by entry,
// and no conversations. An entry belongs to a request by its own time, and what it
// belongs to is found out afterwards, if at all.
type Entries interface {
	Source
	// Found is what is kept of an entry that belongs to a request.
	Found(entry json.RawMessage) Trail
	// Followed is what is kept of a page that a Follow led to.
	Followed(q Query, p Page) Trail
	// Weak reports whether a match at this path alone says little about who somebody is.
	Weak(path string) bool
	// Joined reports whether conversations can be asked for by id at all.
	Joined() bool
	// Whole is the Follow of a conversation asked for by id.
	Whole(conversationID string) Follow
	// Assumes says in words what a search of this source rests on.
	Assumes() []string
}

// Trail is what follows from an entry or a page for one request. Records that have been
// kept before are the same ones.
type Trail struct {
	Keep []dsr.Record // Source is the caller's to set; Raw as sent, not compacted
	// Group is a derived conversation that holds the entry for as long as nothing better is known.
	Group *dsr.Record
	// Move says of entries kept before to which conversation they belong.
	Move []Move
	Next []Follow // what has to be read because of it
}

// Move puts a message that is kept into a conversation.
type Move struct{ MessageID, ConversationID string }

// Follow is a chain to read: a Query's ConversationID and window.
type Follow struct {
	ConversationID string
	Start          int64
	End            int64 // 0: up to as_of
}
