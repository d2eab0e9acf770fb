package ui_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"dsr-server/internal/http/browsertest"
)

// below opens a page below that of a request.
func below(name, path string) func(*gallery) {
	return func(g *gallery) { g.tab.Go("/requests/" + g.ids[name] + path) }
}

// requestScenes are the pages of one request beside the first.
var requestScenes = []scene{
	{"request-rejected-without-a-reason", "approver", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["complete"])
		g.tab.Unfold("Reject")
		g.tab.Press("Reject this result")
	}},
	{"deadline", "requester", below("ready", "/deadline")},
	{"deadline-paused", "requester", below("paused", "/deadline")},
	{"deadline-mistake", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["ready"] + "/deadline")
		g.tab.Press("Show the letter")
	}},
	{"extension", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["ready"] + "/deadline")
		g.tab.Fill("reason", "There are many conversations in three systems.")
		g.tab.Press("Show the letter")
	}},
	{"letter", "requester", below("ready", "/letter?kind=answer&language=de")},
	{"answer", "requester", below("ready", "/answer")},
	{"answer-in-review", "requester", below("own", "/answer?outcome=refused")},
	{"answer-given", "requester", below("answered", "/answer")},
	{"handover", "requester", below("ready", "/handover")},
	{"handover-mistake", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["ready"] + "/handover")
		g.tab.Fill("days", "99")
		g.tab.Fill("passcode", "1")
		g.tab.Press("Make the link")
	}},
	{"handover-link", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["ready"] + "/handover")
		g.tab.Fill("passcode", "12 34 56")
		g.tab.Press("Make the link")
	}},
	{"history", "approver", below("ready", "/history")},
	{"more", "admin", below("ready", "/more")},
	{"more-mistake", "admin", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["ready"] + "/more")
		g.tab.Press("Delete for good")
	}},
}

// TestReadingIsAccessible: the list, a conversation with what is proposed and withheld, and the
// link's page with a passcode.
func TestReadingIsAccessible(t *testing.T) {
	t.Parallel()
	s, id := newFound(t)
	g := &gallery{site: s, tab: browsertest.Start(t).Open(t, s.URL, browsertest.Options{})}
	g.tab.SignedInAs("dsr-session", g.cookie("dsr-session").Value)
	g.tab.Go("/requests/" + id + "/read")
	g.seen("read")
	g.tab.Press("c/1")
	g.tab.Await("Withhold this passage")
	g.seen("transcript")
	g.tab.Press("Withhold this passage")
	g.tab.Await("Withheld. The archive is made again")
	g.tab.Says("Undo")
	g.tab.Fill("q", "code")
	g.tab.Press("Find")
	g.tab.Await("Found in 1 message of this page.")
	g.seen("transcript-withheld")
}

// seen looks at the page in each of its looks.
func (g *gallery) seen(name string) {
	g.t.Helper()
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1280, "light"}, {1280, "dark"}, {320, "light"}} {
		g.tab.Resize(look.width)
		g.tab.Colours(look.scheme)
		g.tab.Accessible(name + ", " + look.scheme)
		if look.scheme == "light" {
			g.picture(name, look.width)
		} else {
			g.picture(name+"-dark", look.width)
		}
	}
	g.tab.Resize(1280)
	g.tab.Colours("light")
}

// picture draws the page where TestScreenshots draws the others.
func (g *gallery) picture(name string, width int64) {
	g.t.Helper()
	if dir := os.Getenv("DSR_SCREENSHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			g.t.Fatal(err)
		}
		g.tab.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)))
	}
}
