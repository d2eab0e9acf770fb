package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Intercom is its search of conversations by POST, with a query and a cursor in the body,
// and one conversation by itself, of which no more than the newest 500 parts are told.
func Intercom() Layout {
	return Layout{
		name: "intercom", auth: Auth{Header: "Authorization", Prefix: "Bearer "}, headers: []string{"Intercom-Version"},
		calls: 1666, per: 10 * time.Second, overHost: true,
		lists: []restList{intercomSearch(), {endpoint: Detail, method: http.MethodGet, path: "/conversations/*", knows: []string{"display_as"}}},
		write: writeIntercom,
	}
}

// intercomParts is how many parts of a conversation are told: the newest.
const intercomParts = 500

func intercomSearch() restList {
	l := restList{
		endpoint: Conversations, method: http.MethodPost, path: "/conversations/search",
		around: []placed{{"type", `"conversation.list"`}, {"pages.type", `"pages"`}}, records: "conversations",
		next: Next{Kind: ByCursor, To: "body.pagination.starting_after", From: "pages.next.starting_after", Gone: "pages.next"}, total: "total_count",
		usual: 20, largest: 150,
	}
	l.ask = func(a *asked) {
		a.intercomQuery()
		a.sized("body.pagination.per_page", l)
	}
	return l
}

// intercomQuery reads the conditions of a search: those on created_at, joined by AND.
func (a *asked) intercomQuery() {
	body, _ := a.body.(map[string]any)
	query, _ := body["query"].(map[string]any)
	conditions, _ := query["value"].([]any)
	if query["operator"] != "AND" || len(conditions) == 0 {
		a.refuse("the query has no conditions joined by AND")
	}
	for _, c := range conditions {
		c, _ := c.(map[string]any)
		number, isNumber := c["value"].(json.Number)
		at, ok := inUnit(Seconds)(number.String())
		switch {
		case c["field"] != "created_at" || !isNumber || !ok:
			a.refuse("a condition on %v is not understood", c["field"])
		case c["operator"] == ">":
			a.from = at
		case c["operator"] == "<":
			a.to = at
		default:
			a.refuse("there is no operator %v for a date", c["operator"])
		}
	}
}

func writeIntercom(t talk, n int) RestRecord {
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: intercomConversation(t, n, len(t.said)).raw()}
	var parts []RestMessage
	for i, m := range t.said {
		parts = append(parts, RestMessage{ID: m.id, At: m.at, Raw: intercomPart(m, i)})
	}
	r.Messages = append([]RestMessage{{ID: fmt.Sprint("s", n), At: t.start, Raw: intercomSource(n)}}, parts...)
	told := parts[max(0, len(parts)-intercomParts):]
	detail := intercomConversation(t, n, len(t.said))
	detail.add("conversation_parts", json.RawMessage(fmt.Sprintf(`{"type":"conversation_part.list","conversation_parts":%s,"total_count":%d}`, arrayOf(told), len(told))))
	r.Detail = detail.raw()
	return r
}

// intercomConversation is a conversation without what was said in it.
func intercomConversation(t talk, n, parts int) *written {
	w := &written{}
	w.text("type", "conversation").text("id", t.id).add("created_at", seconds(t.start)).add("updated_at", seconds(t.last))
	w.add("source", intercomSource(n))
	w.add("contacts", json.RawMessage(fmt.Sprintf(`{"type":"contact.list","contacts":[{"type":"contact","id":"%s","external_id":"%d"}]}`, hexOf(50, uint64(n%97))[:24], n%97))) //nolint:gosec // n >= 0
	w.add("custom_attributes", t.meta)
	return w.add("statistics", json.RawMessage(fmt.Sprintf(`{"type":"conversation_statistics","count_conversation_parts":%d}`, parts)))
}

// intercomSource is what began a conversation; it is none of its parts.
func intercomSource(n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(
		`{"type":"conversation","id":"s%d","delivered_as":"customer_initiated","subject":"","body":"<p>Hello</p>","author":{"type":"user","id":"%s","name":null,"email":""},"attachments":[],"redacted":false}`,
		n, hexOf(50, uint64(n%97))[:24])) //nolint:gosec // n >= 0
}

func intercomPart(m said, n int) json.RawMessage {
	w := &written{}
	w.text("type", "conversation_part").text("id", m.id)
	if m.text == "" {
		w.text("part_type", "assignment").add("body", json.RawMessage("null"))
	} else {
		w.text("part_type", "comment").text("body", "<p>"+m.text+"</p>")
	}
	w.add("created_at", seconds(m.at))
	kind := map[string]string{"user": "user", "bot": "bot", "agent": "admin", "": "nobody"}[m.who]
	w.add("author", json.RawMessage(fmt.Sprintf(`{"type":"%s","id":"%d","name":null}`, kind, n%3)))
	return w.add("attachments", json.RawMessage("[]")).raw()
}

func seconds(t time.Time) json.RawMessage {
	if t.IsZero() {
		return nil
	}
	return json.RawMessage(fmt.Sprint(t.Unix()))
}
