package declared

import (
	"fmt"
	"slices"

	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// Schema says the same as package match reads records by. A record of a conversation, or of a
// message, has at least one of the fields that are declared beside its id.
func (f Fields) Schema() match.Schema {
	c, m := f.Conversation, f.Message
	return match.Schema{
		Conversation: match.Fields{
			ID: c.ID, Start: c.Start, LastAction: c.Last, Metadata: c.Metadata,
			Evidence: steps(slices.Concat([]record.Path{c.Start, c.Last}, c.Metadata, f.Within)),
		},
		Message: match.Fields{
			ID: m.ID, Conversation: m.Conversation, Time: m.Time,
			Evidence: steps(slices.Concat([]record.Path{m.Time, m.Sender.Member}, m.Text, m.Files)),
		},
	}
}

// Check says why records with such fields cannot be searched; nil: they can.
func (f Fields) Check() error {
	s := f.Schema()
	if err := s.Conversation.Check(); err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	if err := s.Message.Check(); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	return nil
}

// steps are the paths that name something within a record.
func steps(paths []record.Path) []record.Path {
	return slices.DeleteFunc(paths, func(p record.Path) bool { return len(p) == 0 })
}
