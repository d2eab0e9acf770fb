package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/vendor"
)

// proposed is an item of GET …/withheld/proposals.
type proposed struct {
	Source, Conversation, Message, Text, Kind, Rule, Why string
}

type proposals struct {
	Items      []proposed
	AlsoHere   []proposed `json:"also_here"`
	NextCursor *string    `json:"next_cursor"`
}

func (h *harness) proposals(id, query string) (p proposals) {
	h.t.Helper()
	a := h.as("approver", http.MethodGet, id+"/withheld/proposals"+query)
	if err := json.Unmarshal(a.raw, &p); err != nil || a.status != http.StatusOK {
		h.t.Fatalf("%d %s", a.status, a.raw)
	}
	return p
}

func proposalData(t *testing.T) *vendor.Data {
	var conversations, messages []json.RawMessage
	for i, talk := range []string{"c1", "c2"} {
		conversations = append(conversations, json.RawMessage(fmt.Sprintf(`{"_id":%q,"startTime":%d,"lastActionAt":"2025-04-15T20:58:15","metadata":{"email":"ana@example.com","bsn":"123456782"}}`, talk, 1744750665+i)))
	}
	for i, m := range []string{
		`"type":"UserInput","userInput":"I am ana@example.com, he is \u0074om@example.net","conversationId":"c1"`,
		`"type":"Question","outMsg":{"steps":[{"text":"What is your PIN?"}]},"conversationId":"c1"`,
		`"type":"UserInput","userInput":"4711","conversationId":"c1"`,
		`"type":"UserInput","userInput":"card 4532 0151 1283 0366 again","conversationId":"c1"`,
		`"type":"UserInput","userInput":"order 4532015112830366; he is tom@example.net","conversationId":"c2"`,
	} {
		messages = append(messages, json.RawMessage(fmt.Sprintf(`{"_id":"m%d","time":%d,%s}`, i, 1744750670+i, m)))
	}
	data, err := vendor.NewData(conversations, messages)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestWhatIsProposedCanBeWithheldAndIsProposedNoMore, page by page, on record as a reading.
func TestWhatIsProposedCanBeWithheldAndIsProposedNoMore(t *testing.T) {
	t.Parallel()
	h := open(t, proposalData(t), setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(`{"language":"de","selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	h.until(id, "ready")
	for _, role := range []string{"requester", "auditor"} {
		if a := h.as(role, http.MethodGet, id+"/withheld/proposals"); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", role, a.status, a.raw)
		}
	}
	first := h.proposals(id, "?limit=1")
	const bsn = "wird niederländische Bürgerservicenummer (BSN) genannt und besteht deren Prüfung"
	want := []proposed{
		{"bot", "c1", "", "123456782", "id_number", "nl_bsn", bsn},
		{"bot", "c1", "m0", "tom@example.net", "email", "email_address", "ist eine E-Mail-Adresse, nach der die Anfrage nicht fragt"},
		{"bot", "c1", "m2", "4711", "credential", "answered_secret", "antwortet auf die Frage nach Passwort, PIN oder Code"},
		{"bot", "c1", "m3", "4532 0151 1283 0366", "payment_card", "card_number", "hat Anfang, Länge und Prüfziffer einer Zahlungskartennummer"},
	}
	if diff := cmp.Diff(want, first.Items); diff != "" || first.NextCursor == nil || len(first.AlsoHere) != 0 {
		t.Fatalf("the first conversation (-want +got):\n%s%+v", diff, first)
	}
	if n := h.events("conversation.read", id); n != 1 {
		t.Errorf("%d readings are on record, want that of the one conversation", n)
	}
	second := h.proposals(id, "?cursor="+*first.NextCursor)
	if len(second.Items) != 2 || second.Items[1].Text != "tom@example.net" || second.NextCursor != nil {
		t.Errorf("the second conversation: %+v", second)
	}
	h.withholdAll(id, first.Items)
	h.await("the archive is made again", func() bool {
		return h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["repackaging"] == false
	})
	again := h.proposals(id, "")
	if diff := cmp.Diff(second.Items, again.Items); diff != "" {
		t.Errorf("what nobody has withheld (-) and what is proposed then (+):\n%s", diff)
	}
	var also []string
	for _, place := range again.AlsoHere {
		also = append(also, place.Conversation+"/"+place.Message+": "+place.Text)
	}
	if diff := cmp.Diff([]string{"c2/: 123456782", "c2/m4: tom@example.net"}, also); diff != "" {
		t.Errorf("withheld elsewhere (-want +got):\n%s", diff)
	}
}

// withholdAll posts the proposals as they came.
func (h *harness) withholdAll(id string, items []proposed) {
	h.t.Helper()
	var places []string
	for _, p := range items {
		message := "null"
		if p.Message != "" {
			message = fmt.Sprintf("%q", p.Message)
		}
		places = append(places, fmt.Sprintf(`{"source":%q,"conversation":%q,"message":%s,"text":%q}`, p.Source, p.Conversation, message, p.Text))
	}
	h.do(http.MethodPost, "/api/v1/requests/"+id+"/withheld", `{"reason":"other_person","items":[`+strings.Join(places, ",")+`]}`, http.StatusOK)
}
