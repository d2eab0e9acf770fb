package vendor

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Cognigy is the OData endpoint of Cognigy.AI: sessions by when they began, and one row for
// each message. There is no cursor: a client asks again from the last row's time on.
// $skip from 10,000 on times out.
func Cognigy() Layout {
	return Layout{
		name: "cognigy", auth: Auth{Query: "apikey"}, calls: 1000, per: 5 * time.Minute, overHost: true,
		lists: []restList{cognigyList(Conversations, "Sessions", "startedAt"), cognigyList(Messages, "Conversations", "timestamp")},
		write: writeCognigy,
	}
}

func cognigyList(endpoint, collection, by string) restList {
	l := restList{
		endpoint: endpoint, method: http.MethodGet, path: "/v2.4/" + collection,
		knows:   []string{"$filter", "$top", "$orderby", "$skip", "$select", "$count"},
		around:  []placed{{"@odata.context", `"https://odata.example/v2.4/$metadata#` + collection + `"`}},
		records: "value", next: Next{Kind: ByKeyset}, usual: 1000, largest: 1000,
	}
	l.ask = func(a *asked) {
		if skip, err := strconv.Atoi(a.params.Get("$skip")); err == nil && skip >= 10000 {
			a.refused = &refusal{status: http.StatusGatewayTimeout, message: "Gateway Timeout", html: true}
		}
		a.filter(a.params.Get("$filter"), by)
		a.ordered = strings.TrimSuffix(a.params.Get("$orderby"), " asc") == by
		a.sized("query.$top", l)
	}
	return l
}

var condition = regexp.MustCompile(`^(\w+) (eq|ge|gt|le|lt) ('(?:[^']|'')*'|[^ ']+)(?: and |$)`)

// filter reads an OData filter: conditions on one time, and a session, joined by `and`.
func (a *asked) filter(text, by string) {
	from, to := false, false
	for text != "" {
		m := condition.FindStringSubmatch(text)
		if m == nil {
			a.refuse("$filter does not parse")
			return
		}
		text = text[len(m[0]):]
		at, isTime := inUTC(m[3])
		switch {
		case m[1] == "sessionId" && m[2] == "eq" && strings.HasPrefix(m[3], "'"):
			a.conversation = strings.ReplaceAll(strings.Trim(m[3], "'"), "''", "'")
		case m[1] != by || !isTime:
			a.refuse("$filter has a condition on %s that is not understood", m[1])
		case m[2] == "ge" || m[2] == "gt":
			a.from, from = at, m[2] == "gt"
		case m[2] == "le" || m[2] == "lt":
			a.to, to = at, m[2] == "lt"
		}
	}
	a.ends = map[[2]bool]Ends{{false, true}: OpenEnd, {true, false}: OpenStart, {true, true}: Open}[[2]bool{from, to}]
}

func writeCognigy(t talk, n int) RestRecord {
	w := &written{}
	w.text("_id", hexOf(30, uint64(n))[:24]).text("sessionId", t.id).add("startedAt", oddTime(t.start, 7*n)) //nolint:gosec // n >= 0
	w.text("userId", cognigyUser(t.meta)).add("stepsCount", json.RawMessage("10"))
	w.text("goals", "").text("localeName", "English").text("endpointName", "Webchat").add("contactProfile", t.meta)
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last, Raw: w.raw()}
	for _, m := range t.said {
		source := m.who
		if source == "" {
			source = "suggestion"
		}
		kind := map[bool]string{true: "input", false: "output"}[m.who == "user"]
		row := &written{}
		row.text("_id", m.id).text("sessionId", t.id).text("contactId", cognigyUser(t.meta)).text("inputText", m.text)
		row.text("inputData", "{}").text("type", kind).text("source", source).add("timestamp", oddTime(m.at, 0)).text("channel", "webchat")
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: row.raw()})
	}
	return r
}

var address = regexp.MustCompile(`"email":"([^"]*)"`)

// cognigyUser is the contact's id: what the page told the bot, here the address as it
// stands in the metadata.
func cognigyUser(meta json.RawMessage) string {
	if m := address.FindSubmatch(meta); m != nil {
		return string(m[1])
	}
	return "anonymous"
}
