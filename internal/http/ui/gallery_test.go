package ui_test

import (
	"cmp"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
	"dsr-server/internal/http/browsertest"
)

// gallery is a site with sample data in which every page can be seen in every state.
type gallery struct {
	*site
	tab *browsertest.Tab
	ids map[string]string

	clients map[string]*http.Client // those who have signed in, by login
}

// scene is one page in one state: who looks, and what leads there.
type scene struct {
	name  string
	login string // empty: nobody is signed in
	open  func(g *gallery)
}

func at(path string) func(*gallery) { return func(g *gallery) { g.tab.Go(path) } }

func atRequest(name string) func(*gallery) {
	return func(g *gallery) { g.tab.Go("/requests/" + g.ids[name]) }
}

var scenes = []scene{
	{"sign-in", "", at("/sign-in")},
	{"sign-in-refused", "", func(g *gallery) {
		g.tab.Allow("status of 401")
		g.tab.Go("/sign-in?next=/requests/new")
		g.tab.Fill("login", "ana")
		g.tab.Fill("password", "not this one")
		g.tab.Press("Sign in")
	}},
	{"sign-in-again-keeps-the-form", "requester", func(g *gallery) {
		g.tab.Allow("status of 401")
		g.tab.Go("/requests/new")
		g.tab.Fill("values", "ana@example.com")
		g.tab.SignedInAs("", "")
		g.tab.Press("Continue")
	}},
	{"today-as-admin", "admin", at("/")},
	{"sources-checked", "admin", func(g *gallery) {
		g.tab.Go("/sources")
		g.tab.Press("Check now: it-desk")
	}},
	{"people", "admin", at("/people")},
	{"people-as-auditor", "auditor", at("/people")},
	{"person", "admin", at("/people/approver")},
	{"person-own", "admin", at("/people/admin")},
	{"invite", "admin", at("/people/new")},
	{"invite-mistakes", "admin", func(g *gallery) {
		g.tab.Go("/people/new")
		g.tab.Press("Make the invitation")
	}},
	{"invited", "admin", func(g *gallery) {
		g.tab.Go("/people/new")
		g.tab.Fill("login", "ana.kowalska@example.com")
		g.tab.Press("Make the invitation")
	}},
	{"welcome", "", func(g *gallery) { g.tab.Go(g.invited("ben@example.com", "approver")) }},
	{"welcome-mistakes", "", func(g *gallery) {
		g.tab.Go(g.invited("carl@example.com", "auditor"))
		g.tab.Press("Save and sign in")
	}},
	{"tokens", "admin", at("/tokens")},
	{"token", "admin", at("/tokens/new")},
	{"token-mistakes", "admin", func(g *gallery) {
		g.tab.Go("/tokens/new")
		g.tab.Press("Make the token")
	}},
	{"token-made", "admin", func(g *gallery) {
		g.tab.Go("/tokens/new")
		g.tab.Fill("name", "ticket-system")
		g.tab.Press("Make the token")
	}},
	{"token-rotate", "admin", func(g *gallery) {
		g.tab.Go("/tokens/new")
		g.tab.Fill("name", "warehouse")
		g.tab.Press("Make the token")
		g.tab.Go("/tokens/warehouse/rotate")
	}},
	{"token-revoke", "admin", at("/tokens/auditor/revoke")},
	{"webhook", "admin", at("/webhooks/new")},
	{"webhook-mistakes", "admin", func(g *gallery) {
		g.tab.Go("/webhooks/new")
		g.tab.Press("Make the webhook")
	}},
	{"webhook-made", "admin", func(g *gallery) {
		g.tab.Go("/webhooks/new")
		g.tab.Fill("url", "https://tools.example.com/dsr")
		g.tab.Press("Make the webhook")
	}},
	{"webhooks", "admin", at("/webhooks")},
	{"webhook-log", "admin", func(g *gallery) { g.tab.Go(g.webhookPath()) }},
	{"webhook-delete", "admin", func(g *gallery) { g.tab.Go(g.webhookPath() + "/delete") }},
	{"settings", "admin", at("/settings")},
	{"account", "requester", at("/account")},
	{"second-factor", "requester", at("/account/second-factor")},
	{"second-factor-mistakes", "requester", func(g *gallery) {
		g.tab.Go("/account/second-factor")
		g.tab.Press("Set up")
	}},
	{"recovery-codes", "factor", func(g *gallery) {
		g.tab.Go("/account/second-factor")
		g.tab.Fill("code", g.codeFor(browsertest.Eval[string](g.tab, `document.querySelector("[name=secret]").value`)))
		g.tab.Fill("current", sitePassword)
		g.tab.Press("Set up")
	}},
	{"sign-in-code", "", func(g *gallery) { asksForCode(g) }},
	{"sign-in-code-refused", "", func(g *gallery) {
		g.tab.Allow("status of 401")
		asksForCode(g)
		g.tab.Fill("code", "000000")
		g.tab.Press("Sign in")
	}},
	{"account-mail-mistakes", "requester", func(g *gallery) {
		g.tab.Go("/account")
		g.tab.Fill("mail-mode", "digest")
		g.tab.Fill("mail-address", "ana")
		g.tab.Press("Save")
	}},
	{"account-mistakes", "requester", func(g *gallery) {
		g.tab.Go("/account")
		g.tab.Press("Change the password")
	}},
	{"account-password-changed", "requester", func(g *gallery) {
		g.tab.Go("/account")
		changePassword(g, sitePassword) // to the same one: other scenes need it
	}},
	{"account-guessed-too-often", "admin", func(g *gallery) {
		g.tab.Allow("status of 429")
		g.tab.Go("/account")
		for range 6 {
			changePassword(g, "guessed")
		}
	}},
	{"signed-out", "requester", func(g *gallery) {
		g.tab.Go("/requests")
		g.tab.Press("Sign out")
	}},
	{"docs", "", at("/docs")},
	{"link", "", func(g *gallery) { g.tab.Go("/download/" + g.link(g.ids["ready"])) }},
	{"link-that-has-ended", "", func(g *gallery) {
		g.tab.Allow("status of 404")
		g.tab.Go("/download/no-such-token")
	}},
	{"list", "approver", at("/requests")},
	{"list-all-ticked", "approver", at("/requests?list=all&ticked=all&sort=request")},
	{"list-as-auditor", "auditor", at("/requests?list=to_decide")},
	{"list-filtered-to-nothing", "requester", at("/requests?q=NOTHING")},
	{"list-after-many", "approver", func(g *gallery) {
		g.tab.Go("/requests?list=to_decide&ticked=all")
		g.tab.Press("Release")
	}},
	{"today", "approver", at("/")},
	{"sources", "requester", at("/sources")},
	{"audit", "auditor", at("/audit")},
	{"audit-mistakes", "auditor", at("/audit?request=nothing&from=tomorrow")},
	{"new", "requester", at("/requests/new")},
	{"new-precise", "requester", func(g *gallery) {
		g.tab.Go("/requests/new")
		g.tab.Unfold("Search everything")
		g.tab.Press("Add another")
		g.tab.Unfold("Search everything")
		g.tab.Press("Add another")
		g.tab.Set("as-2", "conversation_id")
	}},
	{"new-mistakes", "requester", func(g *gallery) {
		g.tab.Go("/requests/new")
		g.tab.Unfold("Search everything")
		g.tab.Press("Add another")
		g.tab.Unfold("Search everything")
		g.tab.Set("start", "2025-05-01")
		g.tab.Set("end", "2025-01-01")
		g.tab.Set("received", "2025-08-01")
		g.tab.Press("Continue")
	}},
	{"new-reference-in-use", "requester", func(g *gallery) {
		fillIn(g)
		g.tab.Fill("reference", "PRIV-1042")
		g.tab.Press("Continue")
	}},
	{"check", "requester", func(g *gallery) {
		fillIn(g)
		g.tab.Press("Continue")
	}},
	{"check-something-broad", "requester", func(g *gallery) {
		to := g.post("/requests/new", goodForm(url.Values{"value-1": {"@gmail.com"}, "as-1": {"contains"}, "reference": {""}, "draft": {""}})).Header.Get("Location")
		g.tab.Go(to)
		g.tab.Press("Start the search")
	}},
	{"upload", "requester", at("/requests/upload")},
	{"upload-mistakes", "requester", func(g *gallery) {
		_, here := g.uploaded("reference,identifier,received_at\nPRIV-1042,ana@example.com,\nB-2,x,2026-07-30\n", "")
		g.tab.Go(here)
	}},
	{"upload-check", "requester", func(g *gallery) {
		_, here := g.uploaded("reference,identifier\nB-1,ana@example.com\nB-2,+49 30 3923415\n", "")
		g.tab.Go(here)
	}},
	{"check-change", "requester", func(g *gallery) {
		fillIn(g)
		g.tab.Press("Continue")
		g.tab.Press("Change: ana.kowalska@example.com")
	}},
	{"revise", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["rejected"])
		g.tab.Press("Search differently")
	}},
	{"revise-check", "requester", func(g *gallery) {
		g.tab.Go("/requests/" + g.ids["rejected"])
		g.tab.Press("Search differently")
		g.tab.Press("Continue")
	}},
	{"request-waiting-to-start", "requester", atRequest("queued")},
	{"request-searching", "requester", atRequest("running")},
	{"request-searching-source-silent", "requester", atRequest("silent")},
	{"request-review-incomplete", "approver", atRequest("incomplete")},
	{"request-review-as-requester", "requester", atRequest("incomplete")},
	{"request-review-own", "approver", atRequest("own")},
	{"request-review-complete", "approver", atRequest("complete")},
	{"request-ready", "requester", atRequest("ready")},
	{"request-ready-incomplete", "requester", atRequest("released")},
	{"request-ready-nothing-found", "auditor", atRequest("nothing")},
	{"request-ready-nothing-found-as-requester", "requester", atRequest("nothing")},
	{"request-failed", "requester", atRequest("failed")},
	{"request-rejected", "requester", atRequest("rejected")},
	{"request-expired", "requester", atRequest("expired")},
	{"request-answered", "requester", atRequest("answered")},
	{"request-paused", "requester", atRequest("paused")},
	{"request-archive-being-made", "requester", atRequest("packaging")},
	{"request-cancelled", "requester", atRequest("cancelled")},
	{"help", "requester", at("/help")},
	{"error-not-found", "requester", func(g *gallery) {
		g.tab.Allow("status of 404")
		g.tab.Go("/requests/0198a3c4-0000-7000-8000-000000000000")
	}},
	{"error-not-allowed", "auditor", func(g *gallery) {
		g.tab.Allow("status of 403")
		g.tab.Go("/requests/new")
	}},
	{"error-ours", "requester", func(g *gallery) {
		g.tab.Allow("status of 500")
		g.Intercept.Fail(func(string) error { return errors.New("broken on purpose") })
		g.tab.Go("/requests")
		g.Intercept.Fail(nil)
	}},
	{"session-about-to-end", "requester", func(g *gallery) {
		g.tab.Go("/help")
		browsertest.Eval[bool](g.tab, `document.querySelector("[data-idle-warning]").showModal() ?? true`)
	}},
}

// asksForCode signs in as somebody who has a second factor.
func asksForCode(g *gallery) {
	g.tab.Go("/sign-in")
	g.tab.Fill("login", "factor")
	g.tab.Fill("password", sitePassword)
	g.tab.Press("Sign in")
}

// fresh are the pages of a site on which nobody is yet.
var fresh = []scene{
	{"setup", "", at("/setup")},
	{"setup-mistakes", "", func(g *gallery) {
		g.tab.Go("/setup")
		g.tab.Fill("token", "not the one")
		g.tab.Press("Create the account")
	}},
}

func changePassword(g *gallery, current string) {
	g.tab.Fill("current", current)
	g.tab.Fill("password", sitePassword)
	g.tab.Fill("again", sitePassword)
	g.tab.Press("Change the password")
}

func fillIn(g *gallery) {
	g.tab.Go("/requests/new")
	g.tab.Fill("values", "ana.kowalska@example.com\n+49 30 3923415\nAna Kowalska")
	g.tab.Unfold("Search everything")
	g.tab.Set("start", "2025-01-01")
	g.tab.Set("end", "2025-03-31")
	g.tab.Set("received", "2025-06-16")
	g.tab.Fill("notes", "Asked by letter, see the scan in the ticket.")
}

// newGallery fills a site with a request in every state.
func newGallery(t *testing.T, b *browsertest.Browser) *gallery {
	t.Helper()
	g := &gallery{site: newSite(t, func(o *apptest.Setup) { o.Config = "mail: {host: smtp.example.com, from: dsr@example.com}\n" }), ids: map[string]string{}}
	g.AddPerson("factor", sitePassword, dsr.Requester)
	g.signIn("requester")
	for i, c := range []struct {
		name   string
		status dsr.Status
		done   bool
		change func(*dsr.Request)
	}{
		{"cancelled", dsr.Cancelled, false, nil},
		{"expired", dsr.Expired, true, nil},
		{"answered", dsr.Expired, true, func(r *dsr.Request) {
			r.AnsweredAt, r.Answer = siteNow.AddDate(0, -1, 0), &dsr.Answer{Outcome: dsr.Partly, ToldOn: "2025-05-28"}
		}},
		{"paused", dsr.Ready, true, func(r *dsr.Request) {
			r.Pauses = []dsr.Pause{{Reason: dsr.PauseIdentity, AskedOn: "2025-06-20"}}
		}},
		{"packaging", dsr.Running, false, func(r *dsr.Request) { r.Progress.Packaging, r.Progress.ETASeconds = true, 28 }},
		{"rejected", dsr.Rejected, false, nil},
		{"failed", dsr.Failed, true, func(r *dsr.Request) {
			r.Problem = &dsr.Problem{Code: "packaging", Detail: "the archive could not be written to disk"}
		}},
		{"nothing", dsr.Ready, true, func(r *dsr.Request) { r.Result.Conversations, r.Result.Messages = 0, 0 }},
		{"released", dsr.Ready, false, nil},
		{"complete", dsr.Review, true, func(r *dsr.Request) { r.Result.NearMisses, r.Problem = 3, nil }},
		{"own", dsr.Review, false, func(r *dsr.Request) { r.CreatedBy = "user:approver" }},
		{"incomplete", dsr.Review, false, func(r *dsr.Request) { r.Result.NearMisses = 1 }},
		{"silent", dsr.Running, false, func(r *dsr.Request) {
			r.Progress.Waiting = &dsr.Waiting{Source: "it-desk", Until: siteNow.Add(4 * time.Minute)}
		}},
		{"running", dsr.Running, false, nil},
		{"queued", dsr.Queued, false, nil},
		{"ready", dsr.Ready, true, func(r *dsr.Request) { r.Result.Archive.Downloads = 2 }},
	} {
		form := url.Values{"reference": {fmt.Sprintf("PRIV-%d", 1027+i)}, "received": {time.Date(2025, 5, 1+3*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)}}
		if c.name == "queued" { // a long one, with everything
			form = url.Values{"reference": {""}, "rows": {"2"}, "as-2": {"conversation_id"}, "received": {"2025-06-29"},
				"value-2": {"5c80f0aa-77b1-4c58-9f6e-2f1f9d6a1b7c:" + strings.Repeat("0123456789abcdef", 6)}}
		}
		id := g.submitted(form)
		g.at(id, c.status, c.done, func(r *dsr.Request) {
			r.Progress = dsr.Progress{Pages: 412, Records: 411_873, Conversations: 2, Messages: 31, Percent: 63, ETASeconds: 240}
			if c.status == dsr.Queued {
				r.Progress = dsr.Progress{ETASeconds: -1}
			}
			if c.change != nil {
				c.change(r)
			}
		})
		g.ids[c.name] = id
		g.covers(id, sampleCoverage(c.status, c.done))
		if c.name == "complete" {
			g.Intercept.Show(id, func(v *dsr.View) {
				v.Staff.NearMisses = sampleNear
				v.Request.Warnings = []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Named: []string{"ana@example.com", "ben@example.com"}}}
			})
		}
	}
	g.tab = b.Open(t, g.URL, browsertest.Options{})
	return g
}

// sampleCoverage is of two sources, the second of which is not complete unless all is.
func sampleCoverage(status dsr.Status, done bool) dsr.Coverage {
	if status == dsr.Queued || status == dsr.Cancelled {
		return dsr.Coverage{}
	}
	start, asOf := time.Date(2024, 12, 25, 0, 0, 0, 0, time.UTC), siteNow.Add(-5*time.Minute)
	middle := time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)
	support := dsr.SourceCoverage{Name: "support-bot", Type: "converse", Complete: status != dsr.Running, Asked: dsr.Span{Start: start, End: asOf},
		Assumes: []dsr.Assumption{dsr.Assume(dsr.AssumesMargin, "168", "96")},
		Read: []dsr.RangeRead{{Start: start, End: middle, Pages: 291, Records: 290_112},
			{Start: middle, End: asOf, Pages: 121, Records: 120_998}},
		Calls: map[string]int64{"conversations": 412, "messages": 2}, Retries: map[string]int64{"429": 1, "timeout": 2},
		Anomalies: []dsr.Anomaly{{Rule: "Q6", Count: 2}}}
	desk := dsr.SourceCoverage{Name: "it-desk", Type: "avaamo", Complete: done, Asked: dsr.Span{Start: start, End: asOf}}
	switch {
	case done:
		desk.Read = []dsr.RangeRead{{Start: start, End: asOf, Pages: 1, Records: 763}}
	case status != dsr.Running:
		desk.Reasons = []dsr.Reason{{Code: dsr.ReasonKeyRefused, Detail: "the vendor answered 401 to the first call, so nothing of this source was read"}}
	}
	return dsr.Coverage{AsOf: asOf, Complete: done, Sources: []dsr.SourceCoverage{desk, support}}
}

// show opens the scene as its onlooker.
func (g *gallery) show(sc scene) {
	g.t.Helper()
	if sc.login == "" {
		g.tab.SignedInAs("", "")
	} else {
		g.become(sc.login)
		g.tab.SignedInAs("dsr-session", g.cookie("dsr-session").Value)
	}
	sc.open(g)
}

// become is signed in as this person, by a sign-in of before where it lasts: only so many are
// let in within a minute.
func (g *gallery) become(login string) {
	g.t.Helper()
	if g.clients == nil {
		g.clients = map[string]*http.Client{}
	}
	if g.client = g.clients[login]; g.client != nil && g.get("/stay").Status == http.StatusNoContent {
		return
	}
	g.client = g.browser()
	g.signIn(login)
	g.clients[login] = g.client
}

// each shows every scene to f.
func eachScene(t *testing.T, b *browsertest.Browser, f func(g *gallery, sc scene)) {
	t.Helper()
	g := newGallery(t, b)
	for _, sc := range slices.Concat(scenes, requestScenes) {
		g.show(sc)
		f(g, sc)
	}
	empty := emptySite(t)
	g = &gallery{site: empty, tab: b.Open(t, empty.URL, browsertest.Options{})}
	for _, sc := range fresh {
		g.show(sc)
		f(g, sc)
	}
}

func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	eachScene(t, b, func(g *gallery, sc scene) {
		browsertest.Eval[bool](g.tab, `document.querySelectorAll("details").forEach((d) => d.open = true); true`)
		for _, look := range []struct {
			width  int64
			scheme string
		}{{1280, "light"}, {1280, "dark"}, {320, "light"}} {
			g.tab.Resize(look.width)
			g.tab.Colours(look.scheme)
			g.tab.Accessible(fmt.Sprintf("%s, %d, %s", sc.name, look.width, look.scheme))
		}
		g.tab.Resize(1280)
		g.tab.Colours("light")
	})
}

// TestScreenshots writes every page in every state to the folder in DSR_SCREENSHOTS, and
// otherwise only sees that each can be drawn at its width.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := cmp.Or(os.Getenv("DSR_SCREENSHOTS"), t.TempDir())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b := browsertest.Start(t)
	eachScene(t, b, func(g *gallery, sc scene) {
		for _, width := range []int64{1280, 320} {
			g.drawn(dir, sc.name, width)
		}
		g.fits(sc.name, 768, 0)
		g.fits(sc.name, 768, 100)
		if os.Getenv("DSR_SCREENSHOTS") != "" {
			g.otherLooks(dir, sc.name)
		}
		g.tab.Resize(1280)
	})
}

// fits sees that nothing of the page stands beside the window, with texts spaced to so many
// percent of their size.
func (g *gallery) fits(name string, width int64, percent int) {
	g.t.Helper()
	g.tab.Resize(width)
	g.tab.Spaced(percent)
	if drawn := browsertest.Eval[int64](g.tab, `document.documentElement.scrollWidth`); drawn != width {
		g.t.Errorf("%s: %d pixels wide at a width of %d, texts spaced at %d %%", name, drawn, width, percent)
	}
	g.tab.Spaced(0)
}

// drawn draws the page at a width.
func (g *gallery) drawn(dir, name string, width int64) {
	g.t.Helper()
	g.tab.Resize(width)
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width))
	g.tab.Screenshot(path)
	if drawn := pngWidth(g.t, path); drawn != int(width) {
		g.t.Errorf("%s: drawn %d pixels wide at a width of %d", name, drawn, width)
	}
}

// otherLooks are for somebody who goes through the pictures.
func (g *gallery) otherLooks(dir, name string) {
	g.t.Helper()
	g.drawn(dir, name, 768)
	g.tab.Colours("dark")
	g.drawn(dir, name+"-dark", 1280)
	g.tab.Media("forced-colors", "active")
	g.drawn(dir, name+"-forced", 1280)
	g.tab.Colours("light")
	g.tab.Spaced(100)
	g.drawn(dir, name+"-spaced", 768)
	g.tab.Spaced(0)
}

func pngWidth(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	picture, err := png.DecodeConfig(f)
	if err != nil {
		t.Fatal(err)
	}
	return picture.Width
}
