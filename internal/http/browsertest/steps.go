package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// do runs steps, each within patience.
func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatalf("%s: %v; the page is %s and says: %s", what, err, tab.Path(), tab.Text())
	}
}

// Go opens a page of the site.
func (tab *Tab) Go(path string) {
	tab.t.Helper()
	tab.do("open "+path, chromedp.Navigate(tab.base.JoinPath("/").String()+strings.TrimPrefix(path, "/")))
}

// Fill replaces what stands in the field with this id, as typing would.
func (tab *Tab) Fill(id, text string) {
	tab.t.Helper()
	Eval[string](tab, fmt.Sprintf(`document.getElementById(%q).value = ""`, id))
	tab.do("fill in "+id, chromedp.SendKeys(chromedp.ID(id), text))
}

// Set sets the value of the field with this id: for dates and selections, where keys
// depend on the language of the browser.
func (tab *Tab) Set(id, value string) {
	tab.t.Helper()
	tab.do("set "+id, chromedp.SetValue(chromedp.ID(id), value))
}

// Press presses the visible button or link with this text and waits for the page
// that follows.
func (tab *Tab) Press(text string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(button(text))))
	if err != nil {
		tab.t.Fatalf("press %q: %v; the page is %s and says: %s", text, err, tab.Path(), tab.Text())
	}
}

// button finds what a person would press: not the hidden twin of a form's button.
func button(text string) chromedp.Search {
	return chromedp.Search(fmt.Sprintf(`//main//*[self::button or self::a][not(@aria-hidden)][starts-with(normalize-space(.), %q)] | //header//*[self::button or self::a][normalize-space(.)=%q]`, text, text))
}

// Unfold opens the details with this summary.
func (tab *Tab) Unfold(summary string) {
	tab.t.Helper()
	tab.do("unfold "+summary, chromedp.Click(chromedp.Search(fmt.Sprintf(`//summary[starts-with(normalize-space(.), %q)]`, summary))))
}

// Await waits until the page's main part says the text, however often the page is
// loaded anew meanwhile.
func (tab *Tab) Await(text string) {
	tab.t.Helper()
	tab.do(fmt.Sprintf("wait for %q", text), chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//main//*[contains(normalize-space(.), %q)]`, text))))
}

// Says asserts that the main part says the texts now.
func (tab *Tab) Says(texts ...string) {
	tab.t.Helper()
	now := tab.Text()
	for _, text := range texts {
		if !strings.Contains(now, text) {
			tab.t.Errorf("%s does not say %q but: %s", tab.Path(), text, now)
		}
	}
}

// Text is what the main part says, white space folded.
func (tab *Tab) Text() string {
	return strings.Join(strings.Fields(Eval[string](tab, `document.querySelector("main")?.innerText ?? ""`)), " ")
}

// Path is the path of the page.
func (tab *Tab) Path() string { return Eval[string](tab, `location.pathname`) }

// AwaitFocus waits until the focus is on what has this id, or a text that begins so.
func (tab *Tab) AwaitFocus(on string) {
	tab.t.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got = Eval[string](tab, `document.activeElement?.id || document.activeElement?.innerText || ""`)
		if strings.HasPrefix(got, on) {
			return
		}
	}
	tab.t.Fatalf("the focus is not on %q but on %q", on, got)
}

// Keys presses keys, such as those of the package kb.
func (tab *Tab) Keys(keys string) {
	tab.t.Helper()
	tab.do("press a key", chromedp.KeyEvent(keys))
}

// Eval evaluates an expression in the page; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("evaluate %.80q: %v", expression, err)
	}
	return v
}

// Download presses the button and returns the file that comes.
func (tab *Tab) Download(text string) []byte {
	tab.t.Helper()
	dir := tab.t.TempDir()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	events := true
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &events,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	progress := chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	tab.do("press "+text, chromedp.Click(button(text)))
	for e, err := range progress {
		if err != nil {
			tab.t.Fatalf("download: %v", err)
		}
		file := filepath.Join(dir, e.GUID)
		if _, err := os.Stat(file); err != nil {
			continue // the browser tells of downloads of other tabs too
		}
		switch e.State {
		case browser.DownloadProgressStateCompleted:
			return tab.read(file)
		case browser.DownloadProgressStateCanceled:
			tab.t.Fatal("the download was cancelled")
		}
	}
	return nil
}

func (tab *Tab) read(path string) []byte {
	tab.t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		tab.t.Fatal(err)
	}
	return body
}

// Screenshot writes the whole page as a PNG.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(path, png, 0o600)
	}
	if err != nil {
		tab.t.Fatalf("screenshot %s: %v", path, err)
	}
}
