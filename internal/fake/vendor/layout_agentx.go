package vendor

import (
	"net/http"
	"time"
)

// AgentX is the vendor of [Server] as a layout: its records are served byte for byte.
func AgentX() Layout {
	return Layout{
		name: "agentx", auth: Auth{Header: "x-api-key"}, calls: 3, per: time.Second,
		lists: []restList{agentXList(Conversations, ConversationsPath), agentXList(Messages, MessagesPath)},
		write: func(t talk, _ int) RestRecord {
			r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: t.raw}
			for _, m := range t.said {
				r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: m.raw})
			}
			return r
		},
	}
}

func agentXList(endpoint, path string) restList {
	l := restList{
		endpoint: endpoint, method: http.MethodGet, path: path,
		knows:   []string{"bot_name", "start_time", "end_time", "per_page", "cursor", "conversation_id"},
		records: "data", next: Next{Kind: ByCursor, To: "query.cursor", From: "cursor"}, usual: 100, largest: 1000,
	}
	l.ask = func(a *asked) {
		if a.params.Get("bot_name") == "" {
			a.refuse("bot_name is required")
		}
		a.window("query.start_time", "query.end_time", inUnit(Seconds), true)
		a.sized("query.per_page", l)
		if endpoint == Messages {
			a.conversation = a.params.Get("conversation_id")
		}
	}
	return l
}
