package export

import "dsr-server/internal/match"

// converseSchema is that of the DeepConverse / AgentX Support Export API
// (https://docs.deepconverse.com/product-docs/analytics/export-api), and of its dumps.
var converseSchema = match.Schema{
	Conversation: match.Fields{
		ID: "_id", Start: "startTime", LastAction: "lastActionAt", Metadata: "metadata",
		Foreign:  "conversationId",
		Evidence: []string{"startTime", "lastActionAt", "metadata"},
	},
	Message: match.Fields{
		ID: "_id", Conversation: "conversationId", Time: "time",
		Evidence: []string{"time", "type", "userInput", "outMsg"},
	},
}

// The records of the Avaamo platform.
var (
	// avaamoEntry is a row of the analytics, a thing that a user said.
	avaamoEntry = match.Fields{
		ID: "message_uuid", Start: "created_at", LastAction: "created_at", Time: "created_at", Metadata: match.WholeRecord,
		Sender: "user.layer_id", SenderName: "user.first_name",
		Evidence: []string{"created_at", "user", "content"},
	}
	// avaamoTalk is a message of /v1.
	avaamoTalk = match.Fields{
		ID: "uuid", Conversation: "conversation.uuid", Start: "created_at", LastAction: "created_at", Time: "created_at",
		Evidence: []string{"created_at", "content", "content_type"},
	}
	// avaamoParticipants is a conversation of /v1, which the vendor wraps around its last message.
	avaamoParticipants = match.Fields{ID: "uuid", Start: "created_at", LastAction: "last_message.created_at"}
)

// Schema implements Source.
func (c *Converse) Schema() match.Schema { return converseSchema }

// Schema implements Source.
func (a *Avaamo) Schema() match.Schema {
	return match.Schema{Conversation: avaamoEntry, Message: avaamoTalk}
}

// Schema is that of the records in the files.
func (d *Dump) Schema() match.Schema { return converseSchema }
