package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Voiceflow is its analytics API: transcripts by POST with a number of records to skip, and
// one transcript by itself with its logs, which have no ids.
func Voiceflow() Layout {
	return Layout{
		name: "voiceflow", auth: Auth{Header: "authorization"}, calls: 5, per: time.Second, overHost: true,
		lists: []restList{voiceflowSearch(), {
			endpoint: Detail, method: http.MethodGet, path: "/v1/transcript/*", records: "transcript",
			knows: []string{"unredacted", "filterConversation", "customTraceTypes", "encode"},
		}},
		write:   writeVoiceflow,
		choices: RestChoices{Order: NewestFirst},
	}
}

func voiceflowSearch() restList {
	l := restList{
		endpoint: Conversations, method: http.MethodPost, path: "/v1/transcript/project/63204daf2c4a550006873772",
		knows: []string{"take", "skip", "order"}, records: "transcripts", next: Next{Kind: ByOffset, To: "query.skip"},
		usual: 25, largest: 100,
	}
	l.ask = func(a *asked) {
		a.window("body.startDate", "body.endDate", inUTC, false)
		a.sized("query.take", l)
		a.ordered = a.params.Get("order") == "ASC"
	}
	return l
}

func writeVoiceflow(t talk, n int) RestRecord {
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last}
	for i, m := range t.said {
		r.Messages = append(r.Messages, RestMessage{At: m.at, Raw: voiceflowLog(m, i)})
	}
	r.Raw = voiceflowTranscript(t, n).raw()
	r.Detail = voiceflowTranscript(t, n).add("logs", arrayOf(r.Messages)).raw()
	return r
}

func voiceflowTranscript(t talk, n int) *written {
	w := &written{}
	w.text("id", t.id).text("sessionID", dashed(hexOf(60, uint64(n%97)))).text("environmentID", "production") //nolint:gosec // n >= 0
	w.add("createdAt", oddTime(t.start, 7*n)).add("updatedAt", oddTime(t.last, 7*n)).add("endedAt", json.RawMessage("null"))
	if t.meta != nil {
		w.add("properties", json.RawMessage(fmt.Sprintf(`[{"id":"p%d","name":"profile","type":"string","value":%s,"default":false}]`, n, t.meta)))
	}
	return w.add("evaluations", json.RawMessage("[]"))
}

func voiceflowLog(m said, n int) json.RawMessage {
	w := &written{}
	if m.who == "user" {
		w.text("type", "action").add("data", json.RawMessage(`{"type":"text","payload":`+string(quoted(m.text))+`}`))
	} else {
		w.text("type", "trace").add("data", json.RawMessage(`{"type":"text","payload":{"message":`+string(quoted(m.text))+`}}`))
	}
	return w.add("createdAt", oddTime(m.at, 7*n)).raw()
}
