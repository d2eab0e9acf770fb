package declared

import (
	"slices"

	"dsr-server/internal/record"
)

// Fields say where in the records of a source things are. A path that was not declared is
// nil; an empty one that is not nil is the whole record.
type Fields struct {
	Conversation ConversationFields
	Message      MessageFields
	// Within are where messages stand in a record of their conversation: lists, or single
	// objects. Empty where messages have records of their own.
	Within []record.Path
	// Count is where a conversation's record says how many messages it has, of those at the
	// last path of Within.
	Count record.Path
}

// ConversationFields are those of a conversation.
type ConversationFields struct {
	ID, Start, Last record.Path
	// Metadata is what is searched. Keys count from the end of each path.
	Metadata []record.Path
	// Partial is where a record says that it is only a part, with the value true.
	Partial record.Path
}

// MessageFields are those of a message.
type MessageFields struct {
	ID, Conversation, Time record.Path
	Sender                 Sender
	Text                   []record.Path // the first that is there
	HTML                   bool          // texts are HTML
	Files                  []record.Path // addresses of files
}

// Role is a side in a conversation.
type Role string

const (
	Bot   Role = "bot"
	Agent Role = "agent" // a person on the vendor's side
	User  Role = "user"
)

// Roles are all of them.
var Roles = []Role{Bot, Agent, User}

// Sender says who sent a message: by a member of its record, and what that says of each role.
type Sender struct {
	Member record.Path // nil: nothing is declared
	Says   map[Role][]string
	Rest   Role // who it is when the member says anything else; empty: unknown
}

// Of are the roles that fit what the member says. More than one: the record does not tell
// which of them it was. None: unknown.
func (s Sender) Of(said string) (roles []Role) {
	for _, role := range Roles {
		if slices.Contains(s.Says[role], said) {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 && s.Rest != "" {
		roles = []Role{s.Rest}
	}
	return roles
}
