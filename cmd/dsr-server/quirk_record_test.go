package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

func records(texts ...json.RawMessage) []json.RawMessage { return texts }

func raws(texts ...string) (out []json.RawMessage) {
	for _, text := range texts {
		out = append(out, json.RawMessage(text))
	}
	return out
}

func TestQ06RecordComesTwice(t *testing.T) {
	t.Parallel()
	t.Run("in a page", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 60)
		h := open(t, data, quirkSetup())
		h.vendor.Fault(chaos.Fault{Kind: chaos.DuplicateRecord, Endpoint: vendor.Conversations, Times: 3})
		h.vendor.Fault(chaos.Fault{Kind: chaos.DuplicateRecord, Endpoint: vendor.Messages, Times: 3})
		h.vendor.Fault(chaos.Fault{
			Kind: chaos.OversizedPage, Endpoint: vendor.Conversations, Match: func(c vendor.Call) bool { return c.Records == 10 },
		})
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		h.wantFired(chaos.DuplicateRecord, 6)
		if n := h.anomalies(id, "Q6"); n < 16 {
			t.Errorf("%d repeated records are counted, want 16", n)
		}
	})
	t.Run("on the edge of two ranges", func(t *testing.T) {
		t.Parallel()
		const n = 300
		var conversations []json.RawMessage
		for i := range n { // one in each second, so that there is one on every edge
			start := quirkStart + 86400 + i
			conversations = append(conversations, fmt.Appendf(nil, `{"_id":"%s","startTime":%d,"lastActionAt":%[2]d,"metadata":{"email":"%s"}}`, quirkID(i), start, quirkEmail))
		}
		data, _ := mustData(t, conversations, nil)
		s := quirkSetup()
		s.source, s.pageSize = "max_range: 30s, window_field: overlap", 20
		h := open(t, data, s)
		q := ofQuirk
		q.start, q.end = "2025-03-02T00:00:00Z", "2025-03-02T00:05:00Z"
		id, r := h.ask(q)
		read := 0
		for _, g := range h.coverage(id).Sources[0].Read {
			read += g.Records
		}
		if read <= n {
			t.Errorf("read %d records, so none lies on an edge", read)
		}
		if got := len(h.download(id).lines(t, "data/bot/conversations.ndjson")); got != n || r["complete"] != true {
			t.Errorf("got %d conversations, complete %v", got, r["complete"])
		}
	})
}

func TestQ07RecordChanges(t *testing.T) {
	t.Parallel()
	version := func(last, email string) json.RawMessage {
		return fmt.Appendf(nil, `{"_id":"%s","startTime":%d,"lastActionAt":"%s","metadata":{"email":"%s"}}`, quirkID(0), quirkStart, last, email)
	}
	older, newer, masked := version("2025-03-01T01:00:00", quirkEmail), version("2025-03-01T02:00:00", "ANA@example.com"), version("2025-03-01T03:00:00", "***")
	cases := map[string]struct {
		versions  []json.RawMessage
		want      json.RawMessage
		conflicts int
	}{
		"newer last":          {records(older, newer), newer, 1},
		"newer first":         {records(newer, older), newer, 1},
		"masked in mid-scan":  {records(older, masked), older, 0},
		"masked before again": {records(masked, newer, older), newer, 1},
	}
	for name, k := range cases {
		for _, pageSize := range []int{1, 10} {
			t.Run(fmt.Sprintf("%s, %d a page", name, pageSize), func(t *testing.T) {
				t.Parallel()
				data, _ := mustData(t, k.versions, nil)
				s := quirkSetup()
				s.pageSize = pageSize
				h := open(t, data, s)
				id, r := h.ask(ofQuirk)
				if r["complete"] != true {
					t.Fatalf("got %v", r["error"])
				}
				h.download(id).wantLines(t, "data/bot/conversations.ndjson", []string{string(k.want)})
				if n := h.anomalies(id, "Q7"); n != k.conflicts {
					t.Errorf("%d changes counted, want %d", n, k.conflicts)
				}
			})
		}
	}
}

func TestQ08ActiveAcrossTheWindowsEdge(t *testing.T) {
	t.Parallel()
	const id = "aaaa0000aaaa0000aaaa0000aaaa0000"
	for _, v := range chaos.Variants()[:5] {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			data, c := mustData(t,
				raws(`{"_id":"`+id+`","startTime":1740950000,"lastActionAt":"2025-03-09T12:00:00","metadata":{"email":"`+quirkEmail+`"}}`),
				raws(
					`{"_id":"m1","time":1740800000,"conversationId":"`+id+`","userInput":"before its start"}`,
					`{"_id":"m2","time":1740950001.5,"conversationId":"`+id+`"}`,
					`{"_id":"m3","time":1741400000,"conversationId":"`+id+`"}`,
					`{"_id":"m4","time":1750000000,"conversationId":"`+id+`","userInput":"long after the window"}`))
			s := quirkSetup()
			s.options.Choices = v.Choices
			h := open(t, data, s)
			for _, window := range [][2]string{
				{"2025-03-09T11:59:59Z", "2025-03-20T00:00:00Z"}, // begins as it ends
				{"2025-03-01T00:00:00Z", "2025-03-02T22:00:00Z"}, // ends after it began
				{"2025-03-05T00:00:00Z", "2025-03-06T00:00:00Z"}, // in the middle of it
			} {
				q := ofQuirk
				q.start, q.end = window[0], window[1]
				request, _ := h.ask(q)
				h.wantExact(c, q, request)
			}
		})
	}
}

func TestQ09MessagesOutOfOrder(t *testing.T) {
	t.Parallel()
	data, c := mustData(t, records(quirkConversation(5, `{"email":"`+quirkEmail+`"}`)), raws(
		`{"_id":"z","time":1740787505,"conversationId":"`+quirkID(5)+`","userInput":"same second, from the browser's clock"}`,
		`{"_id":"a","time":1740787505.000,"conversationId":"`+quirkID(5)+`","outMsg":{}}`,
		`{"_id":"k","time":1740787400,"conversationId":"`+quirkID(5)+`","outMsg":{"steps":[{"text":"before the start"}]}}`,
		`{"_id":"n","time":null,"conversationId":"`+quirkID(5)+`","outMsg":{}}`,
		`{"_id":"b","time":1740787505.0000004,"conversationId":"`+quirkID(5)+`","outMsg":{}}`))
	h := open(t, data, quirkSetup())
	id, _ := h.ask(ofQuirk)
	b := h.wantExact(c, ofQuirk, id)
	var order []string
	for _, line := range b.lines(t, "data/bot/messages.ndjson") {
		m, _ := decode(t, []byte(line)).get("_id")
		order = append(order, m.text)
	}
	if got := strings.Join(order, ""); got != "kazbn" {
		t.Errorf("messages come as %s, want kazbn: by time to the nanosecond, then id, without a time last", got)
	}
}

// TestQ09MessagesBeforeEverything is about a conversation that began before the source's
// earliest, with a browser whose clock is slow, at a vendor whose windows have no start.
func TestQ09MessagesBeforeEverything(t *testing.T) {
	t.Parallel()
	id := quirkID(0)
	data, c := mustData(t, raws(`{"_id":"`+id+`","startTime":1740787200,"lastActionAt":"2025-03-05T00:00:00","metadata":{"email":"`+quirkEmail+`"}}`), raws(
		`{"_id":"slow","time":1740780000,"conversationId":"`+id+`"}`,
		`{"_id":"just","time":1740787200,"conversationId":"`+id+`"}`,
		`{"_id":"late","time":1741132800,"conversationId":"`+id+`"}`))
	s := quirkSetup()
	s.earliest = "2025-03-02"
	s.options.Choices.Ends, s.options.Choices.WindowField = vendor.OpenStart, vendor.LastAction
	h := open(t, data, s)
	request, _ := h.ask(ofQuirk)
	h.wantExact(c, ofQuirk, request)
}

func TestQ10OrphansBothWays(t *testing.T) {
	t.Parallel()
	t.Run("messages of a conversation that is not listed", func(t *testing.T) {
		t.Parallel()
		data, _ := quirkData(t, 20)
		stray, err := vendor.NewData(data.Conversations()[1:], data.Messages())
		if err != nil {
			t.Fatal(err)
		}
		h := open(t, stray, quirkSetup())
		id, _ := h.ask(question{selectors: []selector{{ID: quirkID(0)}}})
		h.wantReason(id, "orphan_messages")
	})
	t.Run("a conversation without messages", func(t *testing.T) {
		t.Parallel()
		data, c := mustData(t, records(quirkConversation(0, `{"email":"`+quirkEmail+`"}`)), nil)
		h := open(t, data, quirkSetup())
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
	})
	t.Run("somebody else's message", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 5)
		foreign := []byte(`{"data":[{"_id":"foreign","time":1740787201,"conversationId":"` + quirkID(1) + `","userInput":"mine alone"},`)
		h := layered(t, data, quirkSetup(), edited(vendor.Messages, func(page []byte) []byte {
			return append(foreign[:len(foreign):len(foreign)], page[len(`{"data":[`):]...)
		}))
		id, _ := h.ask(ofQuirk)
		b := h.wantExact(c, ofQuirk, id)
		if strings.Contains(string(b.raw), "mine alone") || h.anomalies(id, "Q10") != 1 {
			t.Errorf("%d foreign messages counted, want 1 and none in the archive", h.anomalies(id, "Q10"))
		}
	})
}

func TestQ11EveryFormOfATime(t *testing.T) {
	t.Parallel()
	starts := []string{
		`1740787200`, `1740787200.652`, `1740787200.0`, `"1740787200"`, `"2025-03-01T00:00:00"`, `"2025-03-01T00:00:00.384884"`, `"2025-03-01T00:00:00Z"`,
		`"2025-03-01T01:00:00+01:00"`, `1.7407872e9`, `" 1740787200 "`, `null`, `1740787200000`, `1740787200000000`, `"yesterday"`, `{}`, `1e999999999`,
	}
	var conversations, messages []json.RawMessage
	for i, start := range starts {
		conversations = append(conversations, fmt.Appendf(nil, `{"_id":"%s","startTime":%s,"lastActionAt":%s,"metadata":{"email":"%s"}}`, quirkID(i), start, start, quirkEmail))
		messages = append(messages, fmt.Appendf(nil, `{"_id":"m%02d","time":%s,"conversationId":"%s"}`, i, start, quirkID(i)))
	}
	data, c := mustData(t, conversations, messages)
	h := open(t, data, quirkSetup())
	id, _ := h.ask(ofQuirk)
	h.wantExact(c, ofQuirk, id) // none is dropped, all stand there as they were sent
	if n := h.anomalies(id, "Q11"); n < 5*3 {
		t.Errorf("%d times that cannot be read, want at least %d", n, 5*3)
	}
}

func TestQ12UnknownFieldsAndTypes(t *testing.T) {
	t.Parallel()
	t.Run("are kept", func(t *testing.T) {
		t.Parallel()
		data, c := mustData(t,
			raws(`{"zeta":[1,{"x":null}],"_id":"`+quirkID(0)+`","startTime":1740787200,"lastActionAt":"2025-03-01T00:00:01","userMessageCount":6,"metadata":{"email":"`+quirkEmail+`"},"alpha":{"b":"<&>"}}`),
			raws(`{"_id":"m","time":1740787200,"type":"AgentWhisper","agent":{"name":"?"},"conversationId":"`+quirkID(0)+`","payload":"\u003cb\u003e<b>"}`))
		h := open(t, data, quirkSetup())
		id, _ := h.ask(ofQuirk)
		b := h.wantExact(c, ofQuirk, id)
		if page := string(b.entries["conversations/bot/"+quirkID(0)+".html"]); !strings.Contains(page, "AgentWhisper") {
			t.Error("the transcript does not show the unknown type")
		}
	})
	t.Run("a conversation without _id", func(t *testing.T) {
		t.Parallel()
		for name, member := range map[string]string{"absent": ``, "null": `"_id":null,`, "fraction": `"_id":7.5,`, "empty": `"_id":"",`} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				record := `{` + member + `"startTime":1740787200,"lastActionAt":"2025-03-01T00:00:01","metadata":{"email":"` + quirkEmail + `"}}`
				data, _ := mustData(t, raws(record), nil)
				h := open(t, data, quirkSetup())
				id, _ := h.ask(ofQuirk)
				h.wantReason(id, "record_without_id")
				if n := h.anomalies(id, "Q12"); n != 1 {
					t.Errorf("one conversation without an id is counted %d times", n)
				}
				h.download(id).wantLines(t, "data/bot/conversations.ndjson", []string{record})
			})
		}
	})
}

func TestQ13InvalidText(t *testing.T) {
	t.Parallel()
	t.Run("in the person's own records", func(t *testing.T) {
		t.Parallel()
		data, c := mustData(t,
			raws(`{"_id":"`+quirkID(0)+"\",\"startTime\":1740787200,\"lastActionAt\":\"2025-03-01T00:00:01\",\"metadata\":{\"note\":\"caf\xe9\",\"half\":\"\\ud83d\",\"email\":\""+quirkEmail+`"}}`,
				`{"_id":"`+quirkID(1)+"\",\"startTime\":1740787260,\"lastActionAt\":\"2025-03-01T00:01:01\",\"metadata\":{\"email\":\"ana@example.com\xff\"}}"),
			raws("{\"_id\":\"m\",\"time\":1740787200,\"conversationId\":\""+quirkID(0)+"\",\"userInput\":\"\xf0\x28\x8c\xbc \\udc00\"}"))
		h := open(t, data, quirkSetup())
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		if n := h.anomalies(id, "Q13"); n != 3 {
			t.Errorf("%d records with invalid text are counted, want 3", n)
		}
	})
	t.Run("in other records of the page", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 60)
		h := open(t, data, quirkSetup())
		for _, kind := range []chaos.FaultKind{chaos.InvalidUTF8, chaos.LoneSurrogate} {
			h.vendor.Fault(chaos.Fault{Kind: kind, Endpoint: vendor.Conversations, Record: quirkID(13), Times: chaos.Always})
		}
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		h.wantFired(chaos.InvalidUTF8, 1)
		if h.anomalies(id, "Q13") != 1 {
			t.Errorf("%d records with invalid text are counted, want 1", h.anomalies(id, "Q13"))
		}
	})
	t.Run("byte order mark", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 20)
		h := open(t, data, quirkSetup())
		h.vendor.Fault(chaos.Fault{Kind: chaos.BOM, Times: chaos.Always})
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		h.wantFired(chaos.BOM, 5)
	})
}

func TestQ14NumbersAndKeys(t *testing.T) {
	t.Parallel()
	t.Run("big integers, repeated and differently cased keys", func(t *testing.T) {
		t.Parallel()
		data, c := mustData(t, raws(
			`{"STARTTIME":1,"_id":"`+quirkID(0)+`","startTime":1740787200,"lastActionAt":"2025-03-01T00:00:01","metadata":{"n":12345678901234567890,"f":1.10,"e":1E+2},"_ID":"x"}`,
			`{"_id":"`+quirkID(1)+`","startTime":1740787200,"lastActionAt":"2025-03-01T00:00:01","metadata":{"n":12345678901234567891}}`,
			`{"_id":"`+quirkID(2)+`","startTime":1740787200,"lastActionAt":"2025-03-01T00:00:01","metadata":{"n":1,"n":12345678901234567890}}`), nil)
		h := open(t, data, quirkSetup())
		q := question{selectors: []selector{{Key: "n", Value: "12345678901234567890"}}}
		id, _ := h.ask(q)
		b := h.wantExact(c, q, id)
		if n := len(b.lines(t, "data/bot/conversations.ndjson")); n != 2 || h.anomalies(id, "Q14") != 2 {
			t.Errorf("got %d conversations and %d odd keys, want 2 and 2", n, h.anomalies(id, "Q14"))
		}
	})
	for _, kind := range []chaos.FaultKind{chaos.NaN, chaos.BadRecord} {
		t.Run(string(kind)+" is isolated and the rest is read", func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 60)
			h := open(t, data, quirkSetup())
			h.vendor.Fault(chaos.Fault{Kind: kind, Endpoint: vendor.Conversations, Record: quirkID(13), Times: chaos.Always})
			id, _ := h.ask(ofQuirk)
			if detail := h.wantReason(id, "unreadable"); !strings.Contains(detail, "2025-03-01T00:1") {
				t.Errorf("the coverage names another place: %s", detail)
			}
			conversations, messages := c.expect(t, ofQuirk) // number 13 is somebody else's
			b := h.download(id)
			b.wantLines(t, "data/bot/conversations.ndjson", conversations)
			b.wantLines(t, "data/bot/messages.ndjson", messages)
			h.wantFired(kind, 3)
		})
	}
}

func TestQ30MetadataOfAnyShape(t *testing.T) {
	t.Parallel()
	shapes := []string{
		`null`, `{}`, `[]`, `""`, `7`, `true`, `"` + quirkEmail + `"`, `["x",{"email":"` + quirkEmail + `"}]`, `{"user":{"profile":[{"email":"` + quirkEmail + `"}]}}`,
		`{"email":["` + quirkEmail + `",1]}`, `{"email":1}`, `{"email":null}`, `{"email":{"email":"` + quirkEmail + `"}}`, `{"draft":true}`, `{"draft":"true"}`,
	}
	var conversations []json.RawMessage
	for i, shape := range shapes {
		conversations = append(conversations, quirkConversation(i, shape))
	}
	absent := fmt.Appendf(nil, `{"_id":"%s","startTime":%d,"lastActionAt":"2025-03-01T00:00:01"}`, quirkID(99), quirkStart)
	data, c := mustData(t, append(conversations, absent), nil)
	h := open(t, data, quirkSetup())
	for value, want := range map[selector]int{
		{Key: "*", Value: quirkEmail}:                  5,
		{Key: "email", Value: quirkEmail}:              2,
		{Key: "email.email", Value: quirkEmail}:        1,
		{Key: "user.profile.email", Value: quirkEmail}: 1,
		{Key: "draft", Value: "true"}:                  1,
	} {
		q := question{name: value.Key, selectors: []selector{value}}
		id, _ := h.ask(q)
		b := h.wantExact(c, q, id)
		if got := len(b.lines(t, "data/bot/conversations.ndjson")); got != want {
			t.Errorf("%s: got %d conversations, want %d", value.Key, got, want)
		}
		if n := h.anomalies(id, "Q30"); n != 2 {
			t.Errorf("%d records with metadata that is no container or text, want 2", n)
		}
	}
}

func TestQ33OnePersonManyNames(t *testing.T) {
	t.Parallel()
	spellings := []string{"Ana@Example.COM", " ana@example.com ", "ａｎａ@example.com", "ana+shop@example.com", "ana@example.org", "ana.b@example.com"}
	var conversations []json.RawMessage
	for i, s := range spellings {
		conversations = append(conversations, quirkConversation(i, `{"email":"`+s+`","userId":`+fmt.Sprint(i)+`}`))
	}
	data, c := mustData(t, conversations, nil)
	h := open(t, data, quirkSetup())
	q := question{name: "a set of identifiers", selectors: []selector{
		{Key: "email", Value: quirkEmail}, {Key: "email", Value: "ana+shop@example.com"}, {Key: "userId", Value: "4"}, {ID: quirkID(5)},
	}}
	id, _ := h.ask(q)
	b := h.wantExact(c, q, id)
	if got := len(b.lines(t, "data/bot/conversations.ndjson")); got != len(spellings) {
		t.Errorf("got %d conversations, want %d", got, len(spellings))
	}
	for i, reason := range map[int]string{4: `<bdi class="value">userId</bdi>`, 5: "its ID was searched for", 0: `<bdi class="value">email</bdi>`} {
		_, found, _ := strings.Cut(string(b.entries["conversations/bot/"+quirkID(i)+".html"]), "Why it was found")
		found, _, _ = strings.Cut(found, "</ul>")
		if !strings.Contains(found, reason) {
			t.Errorf("the transcript of number %d does not say that %s matched", i, reason)
		}
	}
	narrow := question{name: "one identifier", selectors: []selector{{Key: "email", Value: quirkEmail}}}
	id, _ = h.ask(narrow)
	if got := len(h.wantExact(c, narrow, id).lines(t, "data/bot/conversations.ndjson")); got != 3 {
		t.Errorf("got %d conversations, want the 3 spellings of one address", got)
	}
}
