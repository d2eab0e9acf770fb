package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Ada is the Data Export API of that name, version 2: conversations by when they were
// created, messages by conversation, links to the next page. A window without its end is
// of seven days only, without a word; a longer one than 60 days is refused.
func Ada() Layout {
	return Layout{
		name: "ada", auth: Auth{Header: "Authorization", Prefix: "Bearer "}, calls: 10, per: time.Second,
		lists: []restList{adaList(Conversations), adaList(Messages)}, write: writeAda,
		choices: RestChoices{Ends: Open, MaxSpan: 60 * day, RelativeLinks: true},
	}
}

const day = 24 * time.Hour

func adaList(endpoint string) restList {
	l := restList{
		endpoint: endpoint, method: http.MethodGet, path: "/api/v2/export/" + endpoint,
		knows:   []string{"created_since", "created_to", "updated_since", "updated_to", "page_size", "conversation_id", "cursor"},
		records: "items", next: Next{Kind: ByLink, To: "query.cursor", From: "meta.next_page_uri"},
		smallest: 100, usual: 10000, largest: 10000,
	}
	l.ask = func(a *asked) {
		if a.params.Has("updated_since") && a.params.Has("created_since") {
			a.refuse("updated_since and created_since are mutually exclusive")
		}
		_, bounded := a.at("query.created_to")
		if a.window("query.created_since", "query.created_to", inUTC, false); a.from == unplaced {
			a.refuse("created_since is required")
		}
		if !bounded {
			a.to = a.from + (7 * day).Microseconds()
		}
		if endpoint == Messages {
			a.conversation = a.params.Get("conversation_id")
		}
		a.sized("query.page_size", l)
	}
	return l
}

func writeAda(t talk, n int) RestRecord {
	w := &written{}
	w.text("_id", t.id).text("chatter_id", hexOf(20, uint64(n%97))[:24]) //nolint:gosec // n >= 0
	w.add("date_created", oddTime(t.start, n)).add("date_updated", oddTime(t.last, n+1))
	w.add("variables", t.meta).add("metavariables", json.RawMessage(fmt.Sprintf(`{"introShown":"true","language":"en","initialurl":"https://shop.example/%d"}`, n)))
	if n%9 == 0 {
		w.add("csat", json.RawMessage(`{"comment":null,"score":3,"is_positive":false}`))
	}
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: w.raw()}
	for i, m := range t.said {
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: adaMessage(t, m, i)})
	}
	return r
}

func adaMessage(t talk, m said, n int) json.RawMessage {
	w := &written{}
	w.text("_id", m.id).text("conversation_id", t.id).add("date_created", oddTime(m.at, n))
	data := &written{}
	switch {
	case m.text == "" && n%3 == 0:
		data.text("_type", "greeting").text("external_chat_id", dashed(hexOf(21, uint64(n)))) //nolint:gosec // n >= 0
	case n%29 == 11:
		data.text("_type", "picture").text("pic_url", "https://static.example/picture.gif").text("alt_text", m.text)
	default:
		data.text("_type", "text").text("body", m.text).add("has_variables", json.RawMessage("false"))
	}
	w.add("message_data", data.raw())
	switch m.who {
	case "user":
		w.text("sender", hexOf(20, 1)[:24]).text("recipient", "bot")
	case "":
		w.add("sender", json.RawMessage("null"))
	default:
		w.text("sender", m.who).text("recipient", hexOf(20, 1)[:24])
	}
	return w.raw()
}
