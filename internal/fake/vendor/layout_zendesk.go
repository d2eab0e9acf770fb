package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// ZendeskChat is the incremental export of Zendesk Chat: chats by when they were last
// updated, from a time on and without an end, links to the next page, and what was said
// inside of each chat. A start within the last five minutes is refused, and without
// `fields` a chat is its id alone.
func ZendeskChat() Layout {
	return Layout{
		name: "zendesk-chat", auth: Auth{Header: "Authorization", Prefix: "Bearer "}, calls: 200, per: time.Minute, overHost: true,
		lists: []restList{zendeskList()}, write: writeZendesk,
		choices: RestChoices{Field: LastAction},
	}
}

func zendeskList() restList {
	l := restList{
		endpoint: Conversations, method: http.MethodGet, path: "/api/v2/chat/incremental/chats",
		knows: []string{"start_time", "start_id", "limit", "fields"}, records: "chats",
		next: Next{Kind: ByLink, To: "query.start_id", From: "next_page"}, total: "count", usual: 1000, largest: 1000,
	}
	l.ask = func(a *asked) {
		a.window("query.start_time", "query.no_end", inUnit(a.choices.Unit), false)
		if a.from > a.now.Add(-5*time.Minute).UnixMicro() {
			a.refuse("start_time must be more than five minutes in the past")
		}
		if a.params.Get("fields") != "chats(*)" {
			a.refuse("this stand-in tells whole chats alone: fields=chats(*)")
		}
		a.sized("query.limit", l)
	}
	return l
}

func writeZendesk(t talk, n int) RestRecord {
	w := &written{}
	w.text("id", t.id).text("type", "chat").add("timestamp", oddTime(t.start, 7*n)).add("end_timestamp", oddTime(t.last, 7*n)).add("update_timestamp", oddTime(t.last, 7*n))
	visitor := &written{}
	visitor.text("id", fmt.Sprintf("1.%d", n%97)).text("phone", "").text("notes", "").add("details", t.meta)
	w.add("visitor", visitor.raw()).add("session", json.RawMessage(`{"id":"141109.654464","ip":"67.23.229.96","city":"Orlando"}`))
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last}
	for i, m := range t.said {
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: zendeskEvent(m, i)})
	}
	r.Raw = w.add("history", arrayOf(r.Messages)).add("tags", json.RawMessage("[]")).raw()
	return r
}

func zendeskEvent(m said, n int) json.RawMessage {
	w := &written{}
	w.add("timestamp", oddTime(m.at, 7*n)).text("channel", "#shop")
	if m.who == "" {
		return w.text("type", "chat.memberjoin").text("nick", "visitor").raw()
	}
	sender := map[string]string{"user": "Visitor", "bot": "Trigger", "agent": "Agent"}[m.who]
	return w.text("type", "chat.msg").text("msg_id", m.id).text("msg", m.text).text("sender_type", sender).text("name", sender).raw()
}
