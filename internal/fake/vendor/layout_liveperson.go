package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// LivePerson is its Messaging Interactions API: a search by POST, access tokens for a
// client's secret, numbers of records to skip, and the messages inside of their
// conversation. Both ends of the window belong to it and are rounded outwards to 10
// minutes; more than three months are refused.
func LivePerson() Layout {
	return Layout{
		name: "liveperson", calls: 10, per: time.Second, overHost: true,
		auth: Auth{
			Header: "Authorization", Prefix: "Bearer ", ClientID: "dsr",
			TokenPath: "/sentinel/api/account/" + livePersonAccount + "/app/token",
		},
		lists: []restList{livePersonList(), {
			endpoint: Token, method: http.MethodPost, path: "/sentinel/api/account/" + livePersonAccount + "/app/token",
			knows: []string{"v", "grant_type"},
		}},
		write:   writeLivePerson,
		choices: RestChoices{Order: NewestFirst, Step: 10 * time.Minute, MaxSpan: 92 * day, NoLifetime: true},
	}
}

const livePersonAccount = "20345678"

func livePersonList() restList {
	l := restList{
		endpoint: Conversations, method: http.MethodPost, path: "/messaging_history/api/account/" + livePersonAccount + "/conversations/search",
		knows:  []string{"offset", "limit", "sort", "source", "v"},
		around: []placed{{"_metadata.shardsStatusResult.partialResult", "false"}}, records: "conversationHistoryRecords",
		next: Next{Kind: ByOffset, To: "query.offset"}, total: "_metadata.count", usual: 50, largest: 100,
	}
	l.ask = func(a *asked) {
		a.window("body.start.from", "body.start.to", inUnit(Milliseconds), true)
		a.sized("query.limit", l)
		a.ordered = a.params.Get("sort") == "start:asc"
		if source := a.params.Get("source"); source == "" || len(source) > 20 {
			a.refuse("source must be a name of at most 20 characters")
		}
	}
	return l
}

func writeLivePerson(t talk, n int) RestRecord {
	info := &written{}
	info.text("conversationId", t.id).add("startTime", livePersonTime(t.start)).add("startTimeL", millis(t.start))
	if n%6 == 0 { // still open
		info.text("endTime", "undefined").add("endTimeL", json.RawMessage("-1"))
	} else {
		info.add("endTime", livePersonTime(t.last)).add("endTimeL", millis(t.last))
	}
	info.text("source", "SHARK").text("status", "CLOSE").add("mcs", json.RawMessage("67")).add("isPartial", json.RawMessage("false"))
	r := RestRecord{ID: t.id, Start: t.start, Last: t.last}
	for i, m := range t.said {
		r.Messages = append(r.Messages, RestMessage{ID: m.id, At: m.at, Raw: livePersonMessage(m, i)})
	}
	w := &written{}
	w.add("info", info.raw()).add("messageRecords", arrayOf(r.Messages))
	w.add("consumerParticipants", json.RawMessage(fmt.Sprintf(`[{"participantId":"%s","firstName":"","time":null}]`, hexOf(40, uint64(n%97))))) //nolint:gosec // n >= 0
	if t.meta != nil {
		w.add("sdes", json.RawMessage(`{"events":[{"sdeType":"PERSONAL_INFO","personalInfo":{"personalInfo":`+string(t.meta)+`}}]}`))
	}
	r.Raw = w.raw()
	return r
}

func livePersonMessage(m said, n int) json.RawMessage {
	w := &written{}
	w.add("time", livePersonTime(m.at)).add("timeL", millis(m.at)).text("messageId", m.id).add("seq", json.RawMessage(fmt.Sprint(2*n)))
	switch m.who {
	case "user":
		w.text("sentBy", "Consumer")
	case "":
	default: // a bot is an agent here
		w.text("sentBy", "Agent")
	}
	if n%31 == 7 {
		return w.text("type", "HOSTED_FILE").add("messageData", json.RawMessage(`{"file":{"relativePath":"/a/b.png","fileType":"PNG","caption":"photo"}}`)).raw()
	}
	return w.text("type", "TEXT_PLAIN").add("messageData", json.RawMessage(`{"msg":{"text":`+string(quoted(m.text))+`}}`)).raw()
}

func livePersonTime(t time.Time) json.RawMessage {
	if t.IsZero() {
		return nil
	}
	return quoted(t.Format("2006-01-02 15:04:05.000-0700"))
}

func millis(t time.Time) json.RawMessage {
	if t.IsZero() {
		return nil
	}
	return json.RawMessage(fmt.Sprint(t.UnixMilli()))
}
