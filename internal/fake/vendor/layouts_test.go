package vendor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The rules of each vendor, one by one: what its documentation says that others' do not.

func TestAdaWindows(t *testing.T) {
	t.Parallel()
	c := serveRest(t, Ada(), newRestData([]RestRecord{
		{ID: "a", Start: time.Date(2025, 1, 3, 0, 0, 0, 0, time.UTC), Raw: json.RawMessage(`{"_id":"a"}`)},
		{ID: "b", Start: time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC), Raw: json.RawMessage(`{"_id":"b"}`)},
	}), RestOptions{})
	for name, tc := range map[string]struct {
		query string
		want  int // records; negative: a status
	}{
		"without an end: seven days": {"created_since=2025-01-01T00:00:00Z", 1},
		"60 days":                    {"created_since=2025-01-01T00:00:00Z&created_to=2025-03-02T00:00:00Z", 2},
		"more than 60 days":          {"created_since=2025-01-01T00:00:00Z&created_to=2025-03-02T00:00:01Z", -400},
		"its start is not in it":     {"created_since=2025-01-03T00:00:00Z&created_to=2025-01-10T00:00:00Z", 0},
		"its end is not in it":       {"created_since=2025-01-01T00:00:00Z&created_to=2025-01-03T00:00:00Z", 0},
		"without Z":                  {"created_since=2025-01-01T00:00:00", -400},
		"nothing":                    {"", -400},
		"both kinds of start":        {"created_since=2025-01-01T00:00:00Z&updated_since=2025-01-01T00:00:00Z", -400},
		"99 a page":                  {"created_since=2025-01-01T00:00:00Z&page_size=99", -400},
	} {
		params, _ := url.ParseQuery(tc.query)
		a := c.send(http.MethodGet, "/api/v2/export/conversations", params, "")
		if tc.want < 0 {
			if a.status != -tc.want {
				t.Errorf("%s: got %d", name, a.status)
			}
			continue
		}
		if got := c.parse(a).records; len(got) != tc.want {
			t.Errorf("%s: got %d records, want %d", name, len(got), tc.want)
		}
	}
}

func TestCognigyGoesOnFromATime(t *testing.T) {
	t.Parallel()
	same := time.Date(2025, 1, 3, 10, 0, 0, 250_000_000, time.UTC)
	records := someRecords(3)
	for i := range records {
		records[i].Start, records[i].Last = same, same
	}
	c := serveRest(t, Cognigy(), newRestData(records), RestOptions{})
	ask := func(filter, extra string) answered {
		params, _ := url.ParseQuery(extra)
		params.Set("$filter", filter)
		return c.send(http.MethodGet, "/v2.4/Sessions", params, "")
	}
	for filter, want := range map[string]int{
		"startedAt ge 2025-01-03T10:00:00.250Z":                                             3,
		"startedAt gt 2025-01-03T10:00:00.250Z":                                             0,
		"startedAt ge 2025-01-03T00:00:00Z and startedAt lt 2025-01-03T10:00:00.250Z":       0,
		"startedAt ge 2025-01-03T00:00:00Z and startedAt le 2025-01-03T10:00:00.250Z":       3,
		"startedAt ge 2025-01-03T00:00:00Z and startedAt le 2025-01-03T10:00:00.250000001Z": 3,
	} {
		if got := c.parse(ask(filter, "$orderby=startedAt")).records; len(got) != want {
			t.Errorf("%s: got %d rows, want %d", filter, len(got), want)
		}
	}
	if got := ask("startedAt ge 2025-01-03T00:00:00Z", "$skip=10000").status; got != http.StatusGatewayTimeout {
		t.Errorf("$skip of 10,000: got %d", got)
	}
	if got := ask("startedAt after 2025", "").status; got != 400 {
		t.Errorf("a filter that does not parse: got %d", got)
	}
}

func TestCognigyQuotesAreDoubled(t *testing.T) {
	t.Parallel()
	records := someRecords(1)
	records[0].ID = "o'neil"
	records[0].Messages = []RestMessage{{ID: "m", At: restNow(), Raw: json.RawMessage(`{"_id":"m"}`)}}
	c := serveRest(t, Cognigy(), newRestData(records), RestOptions{})
	for filter, want := range map[string]string{"sessionId eq 'o''neil'": `"_id":"m"`, "sessionId eq 'other'": `"value":[]`, "sessionId eq 'o'neil'": "error"} {
		if a := c.send(http.MethodGet, "/v2.4/Conversations", url.Values{"$filter": {filter}}, ""); !strings.Contains(a.body, want) {
			t.Errorf("%s: got %s", filter, a.body)
		}
	}
}

func TestLivePersonRoundsOutwards(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 3, 10, 0, 0, 0, time.UTC)
	c := serveRest(t, LivePerson(), newRestData([]RestRecord{{ID: "a", Start: at, Last: at, Raw: json.RawMessage(`{"info":{}}`)}}), RestOptions{})
	c.login(restKey)
	for minute, want := range map[int]int{1: 1, 9: 1, 10: 0} {
		p := c.parse(c.list(wanted{from: at.Add(time.Duration(minute) * time.Minute), to: at.Add(time.Hour), size: 10}))
		if len(p.records) != want || p.at("_metadata.count") != fmt.Sprint(want) {
			t.Errorf("%d minutes after it: got %d records, count %v", minute, len(p.records), p.at("_metadata.count"))
		}
	}
	if got := c.list(wanted{from: at, to: at.Add(100 * day), size: 10}).status; got != 400 {
		t.Errorf("more than three months: got %d", got)
	}
	if got := c.send(http.MethodPost, LivePerson().lists[0].path, url.Values{}, `{"start":{"from":1,"to":2}}`).status; got != 400 {
		t.Errorf("without a source: got %d", got)
	}
}

func TestIntercomTellsTheNewest500Parts(t *testing.T) {
	t.Parallel()
	long := talk{id: "long", start: restNow(), last: restNow()}
	for i := range 501 {
		long.said = append(long.said, said{id: fmt.Sprint(i), at: restNow(), who: "user", text: "x"})
	}
	c := serveRest(t, Intercom(), newRestData([]RestRecord{writeIntercom(long, 1)}), RestOptions{})
	var got struct {
		Parts struct {
			Parts []struct{ ID string } `json:"conversation_parts"`
		} `json:"conversation_parts"`
		Statistics struct {
			Count int `json:"count_conversation_parts"`
		}
	}
	a := c.send(http.MethodGet, "/conversations/long", url.Values{}, "")
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Parts.Parts) != 500 || got.Parts.Parts[0].ID != "1" || got.Statistics.Count != 501 {
		t.Errorf("got %d parts of %d, from %v: %v", len(got.Parts.Parts), got.Statistics.Count, got.Parts.Parts[:1], err)
	}
	if got := c.send(http.MethodGet, "/conversations/other", url.Values{}, "").status; got != 404 {
		t.Errorf("another conversation: got %d", got)
	}
	if got := c.send(http.MethodPost, "/conversations/search", url.Values{}, `{"query":{"operator":"AND","value":[{"field":"created_at","operator":">=","value":1}]}}`).status; got != 400 {
		t.Errorf("an operator that does not exist: got %d", got)
	}
}

func TestZendeskChatStarts(t *testing.T) {
	t.Parallel()
	c := serveRest(t, ZendeskChat(), ZendeskChat().RestSample(), RestOptions{})
	if got := c.list(wanted{from: restNow().Add(-4 * time.Minute), size: 10}).status; got != 400 {
		t.Errorf("within the last five minutes: got %d", got)
	}
	endless := ZendeskChat().Choices()
	endless.Endless = true
	c = serveRest(t, ZendeskChat(), newRestData(someRecords(2)), RestOptions{Choices: &endless})
	first := c.parse(c.list(wanted{from: everything.from, size: 10}))
	m := tokenOf.FindStringSubmatch(first.at("next_page"))
	if m == nil {
		t.Fatal("the last page has no link")
	}
	token, _ := url.QueryUnescape(m[1])
	second := c.parse(c.list(wanted{from: everything.from, size: 10, at: token}))
	if len(second.records) != 0 || tokenOf.FindStringSubmatch(second.at("next_page")) == nil {
		t.Errorf("behind it: %d records, next %v", len(second.records), second.at("next_page"))
	}
}

func TestVoiceflowAndBotpressShowOneConversation(t *testing.T) {
	t.Parallel()
	v := serveRest(t, Voiceflow(), Voiceflow().RestSample(), RestOptions{})
	id := SampleConversations()[0]
	if a := v.send(http.MethodGet, "/v1/transcript/"+id, url.Values{}, ""); !strings.Contains(a.body, `{"transcript":{"id":"`+id) || !strings.Contains(a.body, `"logs":[{`) {
		t.Errorf("got %.200s", a.body)
	}
	b := serveRest(t, Botpress(), Botpress().RestSample(), RestOptions{})
	a := b.send(http.MethodGet, "/v1/chat/messages", url.Values{"conversationId": {id}}, "")
	if n := strings.Count(a.body, `"direction"`); n == 0 || n != len(b.s.Data().MessagesOf(id)) {
		t.Errorf("got %d messages, want %d", n, len(b.s.Data().MessagesOf(id)))
	}
}
