package archive_test

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
)

// presented is a sample whose reader lives in Berlin.
func presented(t *testing.T, language string) archive.Input {
	t.Helper()
	in := sample(t)
	in.Request.Language = language
	in.Request.Presentation = dsr.Presentation{
		Zone:       "Europe/Berlin",
		Controller: dsr.Controller{Name: "Example GmbH <i>", Contact: "privacy@controller.example"},
		Titles:     map[string]dsr.Text{"support-bot": {EN: "Help chat", DE: "Hilfe-Chat"}},
	}
	return in
}

func TestDaysAndTimesAreThoseOfTheReader(t *testing.T) {
	t.Parallel()
	in := presented(t, "en")
	in.Request.ReceivedAt = time.Date(2025, 6, 29, 22, 0, 0, 0, time.UTC) // the 30th in Berlin
	f := in.Contents.(*found)
	f.conversation("support-bot", `{"_id":"new-year","startTime":1735687800}`) // 23:30 UTC on 31 December 2024
	f.message("support-bot", `{"_id":"m1","time":1735687800,"type":"UserInput","userInput":"before","conversationId":"new-year"}`)
	_, content := unpack(t, write(t, in))
	index, readme := html.UnescapeString(string(content["index.html"])), string(content["README.txt"])
	for _, want := range []string{"<dd>30 June 2025</dd>", "1 January 2025, 00:30 UTC+1", "30 June 2025, 11:05 UTC+2", `<h3 class="month">January 2025</h3>`, "time zone Europe/Berlin"} {
		if !strings.Contains(index, want) {
			t.Errorf("the start page does not say %q", want)
		}
	}
	if strings.Contains(index, "December 2024") {
		t.Error("the start page has a month in which nothing happened for its reader")
	}
	if !strings.Contains(readme, "30 June 2025\n") {
		t.Errorf("README.txt does not name the day of receipt alone:\n%s", readme[:600])
	}
	page := string(content["conversations/support-bot/new-year.html"])
	for _, want := range []string{`<h3 class="day">1 January 2025</h3>`, `<time datetime="2024-12-31T23:30:00Z">00:30:00</time>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the transcript does not have %s", want)
		}
	}
	if csv := string(content["data/support-bot/messages.csv"]); !strings.Contains(csv, `"2024-12-31T23:30:00Z"`) {
		t.Error("the table's times are not UTC")
	}
}

func TestEveryPageNamesTheControllerAndTheSourcesTitle(t *testing.T) {
	t.Parallel()
	for language, words := range map[string][]string{"en": {"Controller: Example GmbH <i>, privacy@controller.example", "Help chat"}, "de": {"Verantwortlicher: Example GmbH <i>, privacy@controller.example", "Hilfe-Chat"}} {
		_, content := unpack(t, write(t, presented(t, language)))
		for name, text := range content {
			if !strings.HasSuffix(name, ".html") {
				continue
			}
			for _, word := range words {
				if page := textOf(tree(t, text)); !strings.Contains(page, word) {
					t.Errorf("%s: %s does not say %q", language, name, word)
				}
			}
		}
		if readme := string(content["README.txt"]); !strings.Contains(readme, "Example GmbH <i>, privacy@controller.example") {
			t.Errorf("%s: README.txt does not name the controller", language)
		}
	}
}

func TestTranscriptsLeadToTheirNeighbours(t *testing.T) {
	t.Parallel()
	_, content := unpack(t, write(t, presented(t, "en")))
	names := links(tree(t, content["conversations/support-bot/783bf7c2ea392cc6942a356056073c00.html"]), "pages talks")
	if want := []string{"5c80416892d94e40a64cea7dc6406e25.html"}; !slices.Equal(names, want) {
		t.Errorf("the first conversation leads to %v, want %v", names, want)
	}
	got := links(tree(t, content[sampleTranscript]), "pages talks")
	if len(got) != 2 || got[0] != "783bf7c2ea392cc6942a356056073c00.html" || !strings.Contains(got[1], "~") {
		t.Errorf("the second conversation leads to %v", got)
	}
}

func TestSpreadsheetsAreToldTheTablesEncoding(t *testing.T) {
	t.Parallel()
	_, content := unpack(t, write(t, sample(t)))
	for _, file := range []string{"conversations.csv", "messages.csv"} {
		if text := string(content["data/support-bot/"+file]); !strings.HasPrefix(text, "\uFEFF\"") || strings.Count(text, "\uFEFF") != 1 {
			t.Errorf("%s does not begin with one byte order mark", file)
		}
	}
}
