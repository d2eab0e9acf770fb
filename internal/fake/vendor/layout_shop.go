package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Shop is a vendor that does not exist, paged in any way: chats by when they were opened,
// messages by chat, in seconds. A cursor may come in the query, or in a body by POST.
func Shop(next Next) Layout {
	return Layout{
		name: "shop", auth: Auth{Header: "x-token"}, calls: 5, per: time.Second,
		lists: []restList{shopList(Conversations, "chats", next), shopList(Messages, "messages", next)}, write: writeShop,
	}
}

// WithAuth is the layout behind another kind of key.
func (l Layout) WithAuth(a Auth) Layout {
	l.auth = a
	if a.TokenPath != "" {
		l.lists = append(append([]restList(nil), l.lists...), restList{endpoint: Token, method: http.MethodPost, path: a.TokenPath})
	}
	return l
}

func shopList(endpoint, name string, next Next) restList {
	l := restList{
		endpoint: endpoint, method: http.MethodGet, path: "/v1/" + name, next: next, total: "count",
		knows: []string{"from", "to", "limit", "chat", "cursor", "offset", "page", "order"}, records: "result." + name,
		usual: 20, largest: 200,
	}
	place := "query."
	if len(next.To) > 5 && next.To[:5] == "body." {
		l.method, place = http.MethodPost, "body."
	}
	if next.Kind == ByLinkHeader {
		l.records, l.total = ".", ""
	}
	l.ask = func(a *asked) {
		a.window(place+"from", place+"to", inUnit(Seconds), true)
		a.sized(place+"limit", l)
		a.ordered = a.params.Get("order") == "time"
		if endpoint == Messages {
			a.conversation, _ = a.at(place + "chat")
		}
	}
	return l
}

func writeShop(t talk, n int) RestRecord {
	w := &written{}
	w.text("id", t.id).add("opened", shopTime(t.start, n)).add("touched", shopTime(t.last, n+3)).add("details", t.meta)
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: w.raw()}
	for i, m := range t.said {
		row := &written{}
		row.text("id", m.id).text("chat", t.id).add("at", shopTime(m.at, i)).text("from", map[string]string{"user": "customer", "bot": "bot", "agent": "clerk", "": "system"}[m.who])
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: row.text("text", m.text).raw()})
	}
	return r
}

// shopTime is seconds: a number with or without a fraction, or its digits as text.
func shopTime(t time.Time, n int) json.RawMessage {
	switch {
	case t.IsZero():
		return nil
	case n%5 == 1:
		return json.RawMessage(fmt.Sprintf(`"%d"`, t.Unix()))
	case n%5 == 2:
		return json.RawMessage(fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000))
	default:
		return json.RawMessage(fmt.Sprint(t.Unix()))
	}
}

// Layouts are those of every vendor that really exists.
func Layouts() []Layout {
	return []Layout{Ada(), Cognigy(), LivePerson(), Intercom(), Voiceflow(), Botpress(), ZendeskChat(), AgentX()}
}
