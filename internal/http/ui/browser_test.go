package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"dsr-server/internal/dsr"
	"dsr-server/internal/http/browsertest"
)

// inBrowser is a site with a tab in which login is signed in.
func inBrowser(t *testing.T, b *browsertest.Browser, login string, o browsertest.Options) *gallery {
	t.Helper()
	g := &gallery{site: newSite(t)}
	g.signIn(login)
	g.tab = b.Open(t, g.URL, o)
	g.tab.SignedInAs("dsr-session", g.cookie("dsr-session").Value)
	return g
}

func TestProgressMovesWithoutLoadingThePage(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{})
	id := g.submitted()
	g.tab.Go("/requests/" + id)
	g.tab.Says("Waiting to start")
	browsertest.Eval[bool](g.tab, `window.samePage = true`)
	g.shows(id, func(r *dsr.Request) {
		r.Status = dsr.Running
		r.Progress = dsr.Progress{Pages: 7, Records: 1234, Percent: 41, ETASeconds: 30,
			Waiting: &dsr.Waiting{Source: "it-desk", Until: siteNow}}
	})
	g.tab.Await("1,234 records checked")
	g.tab.Says("Searching", "41", "Done in about 30 seconds.", "it-desk not answering Next try at")
	if !browsertest.Eval[bool](g.tab, `window.samePage === true`) {
		t.Error("the page was loaded anew to show progress")
	}
	if got := browsertest.Eval[string](g.tab, `document.querySelector("[role=status][data-live]").textContent`); got != "41 % searched. Done in about 30 seconds." {
		t.Errorf("a screen reader hears %q", got)
	}
	g.at(id, dsr.Ready, true)
	g.tab.Await("Ready to download")
	if browsertest.Eval[bool](g.tab, `window.samePage === true`) {
		t.Error("the end is shown on a page that was not loaded anew")
	}
}

// TestWhatIsStoredLeavesTheScreenWithTheSession, also where the page is only looked at again.
func TestWhatIsStoredLeavesTheScreenWithTheSession(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{})
	g.submitted()
	g.tab.Go("/requests")
	g.post("/sign-out", nil)
	browsertest.Eval[bool](g.tab, `document.dispatchEvent(new Event("visibilitychange"))`)
	g.tab.Await("Please sign in to continue.")
}

func TestOpenPageLeavesWhenItsReaderHasSignedOutElsewhere(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{})
	id := g.submitted()
	g.tab.Go("/requests/" + id)
	g.tab.Says("Waiting to start")
	g.post("/sign-out", nil)
	g.tab.Await("Please sign in to continue.")
}

// TestTheWarningBeforeASignInEndsIsModal: the focus is in it and stays there, and Esc keeps
// the sign-in, as its button does.
func TestTheWarningBeforeASignInEndsIsModal(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{})
	g.tab.Go("/requests/new")
	for _, key := range []string{kb.Escape, kb.Enter} {
		browsertest.Eval[bool](g.tab, `document.querySelector("[data-idle-warning]").showModal() ?? true`)
		g.tab.AwaitFocus("Stay signed in")
		g.tab.Keys(kb.Tab)
		if left := browsertest.Eval[bool](g.tab, `document.activeElement.closest("main, header, footer") !== null`); left {
			t.Error("the focus has left the warning")
		}
		browsertest.Eval[bool](g.tab, `document.querySelector("[data-idle-stay]").focus() ?? true`)
		g.tab.Keys(key)
		open := true
		for end := time.Now().Add(10 * time.Second); open && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			open = browsertest.Eval[bool](g.tab, `document.querySelector("[data-idle-warning]").open`)
		}
		if open {
			t.Errorf("the warning stays after %q", key)
		}
	}
}

func TestMistakesGetTheFocusAndLeadToTheirFields(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{})
	g.tab.Go("/requests/new")
	g.tab.Fill("reference", "PRIV-7")
	g.tab.Keys(kb.Enter)
	g.tab.Await("There is a problem")
	g.tab.AwaitFocus("There is a problem")
	g.tab.Keys(kb.Tab)
	g.tab.AwaitFocus("Who is it about? Enter")
	// Not the Enter key: its parts come one by one here, and if the link has moved the
	// focus to the field between them, the last one sends the form off.
	browsertest.Eval[bool](g.tab, `document.activeElement.click(), true`)
	g.tab.AwaitFocus("values")
}

// focusState says where the focus is, and whether a person could see that.
const focusState = `(() => {
	const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
	const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
	const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
	const big = box.height >= 24 || style.display === "inline";
	return [e.tagName + " " + (e.id || e.innerText), String(outlined && big && (e === at || e.contains(at) || e.labels?.[0]?.contains(at))), String(e === document.body)];
})()`

func TestKeyboardReachesEverythingVisibly(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	g := newGallery(t, b)
	for _, sc := range scenes {
		if !strings.HasPrefix(sc.name, "list") && sc.name != "new" && sc.name != "check" && !strings.HasPrefix(sc.name, "request-review") {
			continue
		}
		g.show(sc)
		browsertest.Eval[bool](g.tab, `document.activeElement.blur(); scrollTo(0, 0); true`)
		want := browsertest.Eval[int](g.tab, `[...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((e) => e.tabIndex >= 0 && e.type !== "hidden" && e.checkVisibility()).length`)
		seen := map[string]int{}
		for range want + 20 {
			g.tab.Keys(kb.Tab)
			state := browsertest.Eval[[]string](g.tab, focusState)
			if state[2] == "true" {
				break
			}
			if state[1] != "true" {
				t.Errorf("%s: on %s the focus cannot be seen", sc.name, state[0])
			}
			seen[state[0]]++
		}
		if len(seen) == 0 || len(seen) > want {
			t.Errorf("%s: Tab stops at %d places, %d were expected", sc.name, len(seen), want)
		}
		for _, must := range mustReach(sc.name) {
			if seen[must] == 0 {
				t.Errorf("%s: Tab does not reach %s but %v", sc.name, must, seen)
			}
		}
	}
}

func mustReach(scene string) []string {
	switch scene {
	case "new":
		return []string{"TEXTAREA values", "INPUT received", "INPUT reference", "SUMMARY Search everything: 2 sources, all dates, answer in English", "BUTTON Continue"}
	case "check":
		return []string{"BUTTON Start the search", "A Change"}
	case "request-review-incomplete":
		return []string{"BUTTON Search again for what is missing", "SUMMARY Release although incomplete", "SUMMARY Reject"}
	case "list":
		return []string{"INPUT q", "BUTTON Search", "BUTTON Mark as answered", "BUTTON Sign out", "A PRIV-1042"}
	}
	return nil
}

func TestTextCanGrowWithoutBeingCut(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	g := newGallery(t, b)
	grown := []string{"list", "new", "request-review-incomplete", "revise-check", "today", "people", "audit", "settings", "sources", "extension", "handover-link", "more"}
	for _, sc := range slices.Concat(scenes, requestScenes) {
		if !slices.Contains(grown, sc.name) {
			continue
		}
		g.show(sc)
		// Twice the size of text, and the spacing of WCAG 1.4.12, in a window of 1280.
		g.tab.Spaced(200)
		cut := browsertest.Eval[[]string](g.tab, `[...document.querySelectorAll("main *")].filter((e) => !e.closest(".visually-hidden, select, progress, thead, pre, input[readonly]") && getComputedStyle(e).overflow !== "visible" && e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML.slice(0, 100))`)
		for _, what := range cut {
			t.Errorf("%s: cut off: %s", sc.name, what)
		}
		if w := browsertest.Eval[int](g.tab, `document.documentElement.scrollWidth`); w > 1280 {
			t.Errorf("%s: has to be scrolled sideways: %s", sc.name, fmt.Sprint(w))
		}
	}
}

// brokenWords are the words of an element that are written on two lines.
const brokenWords = `(() => {
	const broken = [];
	for (const cell of document.querySelectorAll(".requests td:not(:nth-child(2))")) {
		const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
		for (let text; (text = walk.nextNode()); ) {
			for (const word of text.data.matchAll(/\p{L}+/gu)) {
				const range = document.createRange();
				range.setStart(text, word.index);
				range.setEnd(text, word.index + word[0].length);
				if (range.getClientRects().length > 1) broken.push(word[0]);
			}
		}
	}
	return broken;
})()`

// TestListKeepsWordsWhole: references and values may be broken anywhere, our words not.
func TestListKeepsWordsWhole(t *testing.T) {
	t.Parallel()
	g := newGallery(t, browsertest.Start(t))
	for _, sc := range scenes {
		if sc.name != "list" {
			continue
		}
		g.show(sc)
		for _, width := range []int64{1280, 900, 768, 320} {
			g.tab.Resize(width)
			if broken := browsertest.Eval[[]string](g.tab, brokenWords); len(broken) > 0 {
				t.Errorf("at %d: %q", width, broken)
			}
		}
	}
}
