package export

import (
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// converseSchema is that of the DeepConverse / AgentX Support Export API
// (https://docs.deepconverse.com/product-docs/analytics/export-api), and of its dumps.
var converseSchema = match.Schema{
	Conversation: match.Fields{
		ID: at("_id"), Start: at("startTime"), LastAction: at("lastActionAt"), Metadata: ways("metadata"),
		Foreign:  at("conversationId"),
		Evidence: ways("startTime", "lastActionAt", "metadata"),
	},
	Message: match.Fields{
		ID: at("_id"), Conversation: at("conversationId"), Time: at("time"),
		Evidence: ways("time", "type", "userInput", "outMsg"),
	},
}

// The records of the Avaamo platform.
var (
	// avaamoEntry is a row of the analytics, a thing that a user said.
	avaamoEntry = match.Fields{
		ID: at("message_uuid"), Start: at("created_at"), LastAction: at("created_at"), Time: at("created_at"), NotAsked: true, Metadata: ways("."),
		Sender: at("user.layer_id"), SenderName: at("user.first_name"),
		Evidence: ways("created_at", "user", "content"),
	}
	// avaamoTalk is a message of /v1.
	avaamoTalk = match.Fields{
		ID: at("uuid"), Conversation: at("conversation.uuid"), Start: at("created_at"), LastAction: at("created_at"), Time: at("created_at"),
		Evidence: ways("created_at", "content", "content_type"),
	}
	// avaamoParticipants is a conversation of /v1, which the vendor wraps around its last message.
	avaamoParticipants = match.Fields{ID: at("uuid"), Start: at("created_at"), LastAction: at("last_message.created_at")}
)

// Schema implements Source.
func (c *Converse) Schema() match.Schema { return converseSchema }

// Schema implements Source.
func (a *Avaamo) Schema() match.Schema {
	return match.Schema{Conversation: avaamoEntry, Message: avaamoTalk}
}

// Schema is that of the records in the files.
func (d *Dump) Schema() match.Schema { return d.schema }

func at(path string) record.Path { return record.MustPath(path) }

func ways(paths ...string) (all []record.Path) {
	for _, path := range paths {
		all = append(all, at(path))
	}
	return all
}
