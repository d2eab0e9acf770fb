package archive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

const sampleTranscript = "conversations/support-bot/5c80416892d94e40a64cea7dc6406e25.html"

// parts returns the text of every element with this class, white space folded.
func parts(root *html.Node, class string) (texts []string) {
	for _, n := range elements(root) {
		if slices.Contains(strings.Fields(attr(n, "class")), class) {
			texts = append(texts, strings.Join(strings.Fields(textOf(n)), " "))
		}
	}
	return texts
}

func TestTranscriptShowsEveryShapeOfMessage(t *testing.T) {
	t.Parallel()
	_, content := unpack(t, write(t, sample(t)))
	got := parts(tree(t, content[sampleTranscript]), "message")
	want := []string{
		"Chatbot 17:29:38 1 Hello 👋 How can I help you? Answers offered Camera Lock Further data of this message outMsg.options[1] id 7",
		"You chosen from the answers offered 17:29:43 2 My camera is <offline> & sad",
		"You form filled in 17:29:50 3 Form Field Value name Ana Kovač email ana@example.com order id 12345678901234567890 items cam 2",
		"Unknown sender Kind of record: AgentJoined 21:18:10 4 Further data of this message agent desk second line queue –",
		"Chatbot 5 Bye Further data of this message time soon outMsg.card title T",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	page := textOf(tree(t, content[sampleTranscript]))
	for _, text := range []string{"derived from the kind of record", "14 April 2025", "15 April 2025", "Time not readable", "customer.contact.emails", "<b>&amp;</b>"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func TestMessagesCarryTheirTimeAndDirection(t *testing.T) {
	t.Parallel()
	_, content := unpack(t, write(t, sample(t)))
	var times []string
	for _, n := range elements(tree(t, content[sampleTranscript])) {
		if n.Data == "time" {
			times = append(times, attr(n, "datetime"))
		}
		if slices.Contains(strings.Fields(attr(n, "class")), "text") && n.Data == "p" && attr(n, "dir") != "auto" {
			t.Errorf("a message has no direction of its own: %q", textOf(n))
		}
	}
	want := "2025-04-14T17:29:38.652Z 2025-04-14T17:29:43Z 2025-04-14T17:29:50.5Z 2025-04-15T21:18:10Z"
	if got := strings.Join(times, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStartPageListsConversationsOldestFirstOverAllSources(t *testing.T) {
	t.Parallel()
	in := sample(t)
	f := in.Contents.(*found)
	f.conversation("it-desk", `{"_id":"middle","startTime":1740000000}`)
	f.message("it-desk", `{"_id":"1","time":1740000001,"type":"BotMessage","outMsg":{"steps":[{"text":"Bot first"}]},"conversationId":"middle"}`)
	f.message("it-desk", `{"_id":"2","time":1740000002,"type":"UserInput","userInput":"`+strings.Repeat("word ", 40)+`","conversationId":"middle"}`)
	_, content := unpack(t, write(t, in))
	var rows []string
	for _, n := range elements(tree(t, content["index.html"])) {
		if n.Data == "li" && attr(n.Parent, "class") == "list" {
			rows = append(rows, strings.Join(strings.Fields(textOf(n)), " "))
		}
	}
	want := []string{
		`1 January 2025, 03:56 UTC support-bot 1 message =HYPERLINK("http://x")`,
		"19 February 2025, 21:20 UTC it-desk 2 messages " + strings.TrimSpace(strings.Repeat("word ", 18)) + "…",
		"14 April 2025, 17:29 UTC support-bot 5 messages My camera is <offline> & sad",
		"time not readable support-bot 0 messages (no text)",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

func TestLongConversationsGoOnOnFurtherPages(t *testing.T) {
	t.Parallel()
	f := newFound()
	f.conversation("support-bot", `{"_id":"long","startTime":1735703000}`)
	f.conversation("support-bot", `{"_id":"long-2","startTime":1735703000}`)
	for i := range 1001 {
		f.message("support-bot", fmt.Sprintf(`{"_id":"m%04d","time":%d,"type":"UserInput","userInput":"message %d.","conversationId":"long"}`, i, 1735703000+i, i))
	}
	in := sample(t)
	in.Contents = f
	_, content := unpack(t, write(t, in))
	for page, want := range map[string][]string{
		"long": {"500", "message 0.", "Page 1 of 3", "long~2.html long-3.html"}, "long~2": {"500", "message 500.", "Page 2 of 3", "long.html long.html long-3.html long-3.html"},
		"long-3": {"1", "message 1000.", "Page 3 of 3", "long.html long~2.html"}, "long-2": {"0", "There are no messages", "", ""},
	} {
		root := tree(t, content["conversations/support-bot/"+page+".html"])
		text := textOf(root)
		if n := len(parts(root, "message")); fmt.Sprint(n) != want[0] || !strings.Contains(text, want[1]) || !strings.Contains(text, want[2]) {
			t.Errorf("%s: %d messages, want %v", page, n, want)
		}
		if got := strings.Join(links(root, "pages"), " "); got != strings.TrimSpace(want[3]+" "+want[3]) {
			t.Errorf("%s: links to %s, want twice %s", page, got, want[3])
		}
	}
}

// links are the addresses in the navigations of exactly that class.
func links(root *html.Node, class string) (hrefs []string) {
	for _, nav := range elements(root) {
		if nav.Data != "nav" || attr(nav, "class") != class {
			continue
		}
		for _, n := range elements(nav) {
			if n.Data == "a" {
				hrefs = append(hrefs, attr(n, "href"))
			}
		}
	}
	return hrefs
}

func TestPagesAreInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	in := sample(t)
	in.Request.Language = "de"
	_, content := unpack(t, write(t, in))
	for name, words := range map[string][]string{
		"index.html":     {"Die Suche ist vollständig", "Gefunden: 3 Unterhaltungen mit 6 Nachrichten.", "30. Juni 2025, 09:05 Uhr (UTC)", "Juni 2025", "41.873 Datensätze (technische Einzelheiten: coverage.json)"},
		sampleTranscript: {"Formular ausgefüllt", "Sie", "Angebotene Antworten"},
	} {
		root := tree(t, content[name])
		for _, word := range words {
			if !strings.Contains(textOf(root), word) {
				t.Errorf("%s does not say %q", name, word)
			}
		}
		for _, n := range elements(root) {
			if n.Data == "html" && attr(n, "lang") != "de" {
				t.Errorf("%s is marked as %q", name, attr(n, "lang"))
			}
		}
	}
	for _, n := range elements(tree(t, content["index.html"])) {
		if n.Data == "li" && strings.HasPrefix(textOf(n), "no conversation is active") && attr(n, "lang") != "en" {
			t.Error("an English sentence is not marked as English")
		}
	}
}

func TestRequestWithoutBoundsSaysSo(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]dsr.Window{
		"everything up to 30 June 2025": {}, "active after 1 January 2025, 00:00 UTC": {Start: at(1, 1, 0, 0)},
		"active before 1 July 2025, 00:00 UTC": {End: at(7, 1, 0, 0)}, "between 1 January 2025, 00:00 UTC and 1 July 2025, 00:00 UTC": {Start: at(1, 1, 0, 0), End: at(7, 1, 0, 0)},
	} {
		in := sample(t)
		in.Request.Window = w
		_, content := unpack(t, write(t, in))
		if page := textOf(tree(t, content["index.html"])); !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestConversationsWithoutIDAreShownAndToldApart(t *testing.T) {
	t.Parallel()
	f := newFound()
	for _, raw := range []string{`{"startTime":1}`, `{"startTime":1,"x":2}`, `{"startTime":1}`} {
		f.conversation("support-bot", raw)
	}
	in := sample(t)
	in.Contents = f
	b := write(t, in)
	names, _ := unpack(t, b)
	if n := len(slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "conversations/") })); n != 3 {
		t.Errorf("got %d transcripts, want 3", n)
	}
	if _, err := archive.Verify(save(t, b), nil, export.Named); err != nil {
		t.Error(err)
	}
}

func TestGreetingOfANumberedConversationIsTheChatbots(t *testing.T) {
	t.Parallel()
	f := newFound()
	f.conversations["support-bot"] = []dsr.Record{{Source: "support-bot", ID: "c", ConversationID: "c", Start: at(1, 1, 0, 0), Raw: []byte(`{"uuid":"c"}`)}}
	for i, m := range []string{
		`{"uuid":"1","content":"Welcome!","user":{"layer_id":"bot"},"request_message_uuid":null,"conversation":{"uuid":"c"}}`,
		`{"uuid":"2","content":"My camera","user":{"layer_id":"ana"},"request_message_uuid":null,"conversation":{"uuid":"c"}}`,
		`{"uuid":"3","content":"Switch it on","user":{"layer_id":"bot"},"request_message_uuid":"2","conversation":{"uuid":"c"}}`,
	} {
		f.add(dsr.Record{Source: "support-bot", ID: fmt.Sprint(i + 1), ConversationID: "c", Time: at(1, 1, 0, i), Raw: []byte(m)})
	}
	in := sample(t)
	in.Contents = f
	in.Coverage = ofType(in.Coverage, "avaamo")
	_, content := unpack(t, write(t, in))
	for i, want := range []string{"Chatbot 00:00:00 1 Welcome!", "You 00:01:00 2 My camera", "Chatbot 00:02:00 3 Switch it on"} {
		if got := parts(tree(t, content["conversations/support-bot/c.html"]), "message"); !strings.HasPrefix(got[i], want) {
			t.Errorf("got %q, want %q", got[i], want)
		}
	}
	if got := parts(tree(t, content["index.html"]), "words"); !slices.Equal(got, []string{"My camera"}) {
		t.Errorf("the list shows %q, not the first words of the person", got)
	}
	table := string(content["data/support-bot/messages.csv"])
	if strings.Count(table, `"bot","","","Welcome!"`) != 1 || strings.Count(table, `"user","","","My camera"`) != 1 {
		t.Errorf("the table says\n%s", table)
	}
}

// TestGroupOfUnknownConversationIsExplained: above its messages, before anybody wonders
// where the answers are. What the analytics repeat of a message says that it does.
func TestGroupOfUnknownConversationIsExplained(t *testing.T) {
	t.Parallel()
	entry := func(uuid string) string {
		return `{"message_uuid":"` + uuid + `","content":"My camera","user":{"layer_id":"u1"}}`
	}
	f := newFound()
	f.conversations["support-bot"] = []dsr.Record{
		{Source: "support-bot", ID: "c", ConversationID: "c", Start: at(1, 1, 0, 0), Raw: []byte(`{"uuid":"c"}`)},
		{Source: "support-bot", ID: "g", ConversationID: "g", Raw: []byte(`{"derived":true,"_id":"g","conversation":"unknown","user":{"layer_id":"u1"}}`)},
	}
	for i, m := range []struct{ conversation, raw string }{
		{"c", entry("1")},
		{"c", `{"uuid":"1","content":"My camera","user":{"layer_id":"u1"},"conversation":{"uuid":"c"}}`},
		{"g", entry("2")},
	} {
		f.add(dsr.Record{Source: "support-bot", ID: fmt.Sprint(i + 1), ConversationID: m.conversation, Time: at(1, 1, 0, i), Raw: []byte(m.raw)})
	}
	in := sample(t)
	in.Contents = f
	in.Coverage = ofType(in.Coverage, "avaamo")
	_, content := unpack(t, write(t, in))
	group := textOf(tree(t, content["conversations/support-bot/g.html"]))
	lead, messages := strings.Index(group, "what was answered is missing"), strings.Index(group, "My camera")
	if lead < 0 || lead > messages || strings.Contains(group, "Started") || !strings.Contains(group, "the provider sent no such record") {
		t.Errorf("the group's page says %s", group)
	}
	known := tree(t, content["conversations/support-bot/c.html"])
	if text := textOf(known); strings.Contains(text, "what was answered is missing") || !strings.Contains(text, "Started") {
		t.Errorf("the conversation's page says %s", text)
	}
	for i, want := range []string{"You Kind of record: entry in the provider’s analytics 00:00:00", "You 00:01:00"} {
		if got := parts(known, "message"); !strings.HasPrefix(got[i], want) {
			t.Errorf("got %q, want %q", got[i], want)
		}
	}
}

// TestARecordWithBothSidesHasTwoSpeakers shows each side under its own name, and the
// record's other fields once.
func TestARecordWithBothSidesHasTwoSpeakers(t *testing.T) {
	t.Parallel()
	f := newFound()
	f.conversations["support-bot"] = []dsr.Record{{Source: "support-bot", ID: "c", ConversationID: "c", Start: at(1, 1, 0, 0), Raw: []byte(`{"_id":"c"}`)}}
	f.add(dsr.Record{Source: "support-bot", ID: "m", ConversationID: "c", Time: at(1, 1, 0, 0),
		Raw: []byte(`{"_id":"m","type":"UserInput","userInput":"Do I get it?","outMsg":{"steps":[{"text":"It was refused."}]},"score":7}`)})
	in := sample(t)
	in.Contents = f
	_, content := unpack(t, write(t, in))
	page := content["conversations/support-bot/c.html"]
	want := []string{"You 00:00:00 1 Do I get it?", "Chatbot 00:00:00 1 It was refused. Further data of this message score 7"}
	if got := parts(tree(t, page), "message"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := strings.Count(string(page), `id="m1"`); n != 1 {
		t.Errorf("%d elements have the id m1", n)
	}
	table := string(content["data/support-bot/messages.csv"])
	if strings.Count(table, `"user","UserInput","","Do I get it?"`) != 1 || strings.Count(table, `"bot","UserInput","","It was refused."`) != 1 || strings.Count(table, `score`) != 1 {
		t.Errorf("the table says\n%s", table)
	}
}
