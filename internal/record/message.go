package record

// Sender is who speaks, as far as it can be told.
type Sender string

// The senders.
const (
	User    Sender = "user"
	Bot     Sender = "bot"
	Unknown Sender = "unknown"
)

// Message is one message taken apart for reading. What has no place of its own is in
// Rest; nothing is left out but what is shown in another way, or says nothing.
type Message struct {
	// Sides are who says what: one, or two where a record holds a question and its answer.
	Sides []Side
	Kind  string // what the source calls this kind of record
	// LiveAgent: said by a person on the vendor's side.
	LiveAgent bool
	// Entry: told by analytics about a message, which may be there beside it.
	Entry bool
	Rest  []Field
}

// Side is what one sender says.
type Side struct {
	Sender  Sender
	Action  string // how the user answered: text, quickReply, form, …
	Texts   []string
	Options []string // answers that were offered
	Form    *Value   // an object that the user filled in
}

// Conversation is what is shown of a conversation's record beside the record itself.
type Conversation struct {
	// Unknown: it is no conversation, but a user's messages whose conversation is not known.
	Unknown                    bool
	User                       string // whose they are, or empty
	Locale, Tags, UserMessages *Value
	Metadata                   *Value // what a search of metadata looks into
}
