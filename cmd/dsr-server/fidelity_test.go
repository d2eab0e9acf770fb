package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// oddities are texts that a parser and a printer in between would change.
var oddities = []string{
	`"startTime":1744651778.652`, `"lastActionAt":"2025-04-14T17:30:00.123456"`,
	`"whole":12345678901234567890`, `"negative":-98765432109876543210`, `"tiny":1.10e-07`, `"E":1E+2`, `"zero":-0.0`, `"digits":0.1000000000000000055511151231257827`,
	`"html":"<b>&amp;</b> & <script>alert(1)</script>"`, `"escapes":"\u00e9\/\ud83d\ude00\u2028\b\f\u0000"`, `"raw":"é😀` + "\u2028\u2029" + `"`,
	`"unknown":{"deep":[[],{},[null,true,{"a":[1,2,3]}]]}`, `"":"no name"`, `"dot.ted":"x"`, `"twice":1,"twice":2`,
	`"lone":"half \ud83d of it"`, "\"bad\":\"caf\xe9\"",
}

// TestRecordsSurviveToTheByte: nothing between the vendor and the archive changes more
// than white space.
func TestRecordsSurviveToTheByte(t *testing.T) {
	t.Parallel()
	body := strings.Join(oddities, ",")
	conversation := json.RawMessage("{ \"_id\" : \"odd\",\t" + body + ",\n \"metadata\" : { \"email\" : \"odd@example.com\" , \"n\" : 1744651778.652 } }")
	message := json.RawMessage(`{"_id":"odd-1", "time": 1744651778.652, "conversationId":"odd", "type" : "UserInput" , "userInput":"<&>\u003c", ` + body + `}`)
	data, corpus := mustData(t, []json.RawMessage{conversation}, []json.RawMessage{message})
	h := open(t, data, setup{options: vendor.Options{RateWindow: vendor.Off}})
	q := question{selectors: []selector{{Key: "email", Value: "ODD@example.com"}}}
	b := h.wantExact(corpus, q, h.submit(q.body()))
	for _, name := range []string{"data/bot/conversations.ndjson", "data/bot/messages.ndjson"} {
		for _, oddity := range oddities {
			if !strings.Contains(string(b.entries[name]), oddity) {
				t.Errorf("%s: %s is not as the vendor sent it", name, oddity)
			}
		}
	}
	byNumber := question{selectors: []selector{{Key: "n", Value: "1744651778.652"}}}
	h.wantExact(corpus, byNumber, h.submit(byNumber.body()))
}

// TestMessagesOverSeveralPages: a long conversation is collected whole, page by page.
func TestMessagesOverSeveralPages(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	conversation, messages := vendor.LongConversation("long", start, 2345, json.RawMessage(`{"email":"long@example.com"}`))
	other, others := vendor.LongConversation("other", start, 30, json.RawMessage(`{"email":"other@example.com"}`))
	data, corpus := mustData(t, []json.RawMessage{conversation, other}, slices.Concat(messages, others))
	h := open(t, data, setup{pageSize: 100, options: vendor.Options{RateWindow: vendor.Off}})
	q := question{selectors: []selector{{Key: "email", Value: "long@example.com"}}}
	b := h.wantExact(corpus, q, h.submit(q.body()))
	if n := len(b.lines(t, "data/bot/messages.ndjson")); n != 2345 {
		t.Errorf("%d messages are in the archive, want 2345", n)
	}
	if n := h.vendor.Count(vendor.Messages); n < 24 || n > 26 {
		t.Errorf("%d calls for 24 pages of messages", n)
	}
}

// during makes a conversation without messages, active from start for some time.
func during(id, email string, start time.Time, active time.Duration) json.RawMessage {
	return fmt.Appendf(nil, `{"_id":%q,"startTime":%d,"lastActionAt":%q,"metadata":{"email":%q}}`,
		id, start.Unix(), start.Add(active).Format("2006-01-02T15:04:05"), email)
}

// TestTheMarginFollowsWhatIsSeen: a conversation that was active for longer than the
// margin makes the search reach further back, until none is longer; only so is the one
// found that began long before the window. The vendor's window is tried by each time.
func TestTheMarginFollowsWhatIsSeen(t *testing.T) {
	t.Parallel()
	const day, subject = 24 * time.Hour, "p@example.com"
	at := func(d int) time.Time { return time.Date(2025, 1, d, 12, 0, 0, 0, time.UTC) }
	data, corpus := mustData(t, []json.RawMessage{
		during("gives it away", "q@example.com", at(35), 9*day), // longer than 168 h, begins inside the margin
		during("crosses the start", subject, at(28), 11*day),    // begins before the margin
		during("gives more away", "q@example.com", at(24), 25*day),
		during("crosses far", subject, at(6), 33*day),
		during("ended before", subject, at(20), 11*day),
		during("crosses the end", subject, at(49), 11*day),
		during("begins after", subject, at(51), day),
	}, nil)
	q := question{selectors: []selector{{Key: "email", Value: subject}}, start: at(38).Format(time.RFC3339), end: at(50).Format(time.RFC3339)}
	for field, margin := range map[vendor.WindowField]string{ // twice what made the search reach so far
		vendor.StartTime: "1200 h", vendor.LastAction: "1584 h", vendor.Overlap: "1584 h",
	} {
		h := open(t, data, setup{earliest: "2024-06-01", options: vendor.Options{RateWindow: vendor.Off, Choices: vendor.Choices{WindowField: field}}})
		id := h.submit(q.body())
		h.wantExact(corpus, q, id)
		assumes := strings.Join(h.coverage(id).Sources[0].Assumes, "; ")
		if want := "no conversation is active for longer than " + margin + "; longest seen 792 h"; !strings.Contains(assumes, want) {
			t.Errorf("field %v: the coverage assumes %q, want %q", field, assumes, want)
		}
		h.stop()
	}
}
