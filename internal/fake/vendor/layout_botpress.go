package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Botpress is the runtime API of Botpress Cloud: all conversations, the newest first and
// without a window, and messages of a conversation by when they were created.
func Botpress() Layout {
	return Layout{
		name: "botpress", auth: Auth{Header: "Authorization", Prefix: "Bearer "}, headers: []string{"x-bot-id"},
		calls: 10, per: time.Second, overHost: true,
		lists: []restList{botpressList(Conversations), botpressList(Messages)}, write: writeBotpress,
		choices: RestChoices{Order: NewestFirst, Last: Absent},
	}
}

func botpressList(endpoint string) restList {
	l := restList{
		endpoint: endpoint, method: http.MethodGet, path: "/v1/chat/" + endpoint,
		knows: []string{"nextToken", "conversationId", "afterDate", "beforeDate", "sortField", "sortDirection"}, records: endpoint,
		next: Next{Kind: ByCursor, To: "query.nextToken", From: "meta.nextToken"}, usual: 50, largest: 50,
	}
	// The answer has its meta also behind the last page, where it is empty.
	l.around = []placed{{"meta.limit", "50"}}
	l.ask = func(a *asked) {
		a.size = l.usual
		if a.choices.MaxSize > 0 {
			a.size = a.choices.MaxSize
		}
		if endpoint == Messages {
			a.conversation = a.params.Get("conversationId")
			a.window("query.afterDate", "query.beforeDate", inUTC, false)
		}
	}
	return l
}

func writeBotpress(t talk, n int) RestRecord {
	w := &written{}
	w.text("id", t.id).add("createdAt", oddTime(t.start, 7*n)).add("updatedAt", oddTime(t.last, 7*n))
	w.text("channel", "channel").text("integration", "webchat").add("tags", t.meta)
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: w.raw()}
	for i, m := range t.said {
		row := &written{}
		row.text("id", m.id).text("conversationId", t.id).text("userId", fmt.Sprintf("user_%d", n%97)).add("createdAt", oddTime(m.at, 7*i))
		row.text("type", "text").add("payload", json.RawMessage(`{"text":`+string(quoted(m.text))+`}`)).add("tags", json.RawMessage("{}"))
		direction := map[bool]string{true: "incoming", false: "outgoing"}[m.who == "user"]
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: row.text("direction", direction).raw()})
	}
	return r
}
