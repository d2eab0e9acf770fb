// Package browsertest drives a real Chromium for tests of the pages. It keeps true
// that an error in the console, an uncaught exception, a violation of the content
// security policy or a request to another host fails the test that caused it. Only
// tests import it.
package browsertest

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds every single step, so that a page that never comes fails the test
// with a sentence instead of the time-out of the whole run.
const patience = 30 * time.Second

// Browser is one Chromium with a profile of its own.
type Browser struct{ ctx context.Context }

// Start starts Chromium. Without one the test is skipped, or fails when
// DSR_TEST_REQUIRE=all.
func Start(t *testing.T) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		const why = "no Chromium in PATH; install it to run the browser tests"
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"))
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx}
}

func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Options of a tab; the zero value is a desktop with script.
type Options struct {
	Width    int64 // 1280
	NoScript bool
}

// Tab is one page in a browser context of its own: no cookie is shared.
type Tab struct {
	t    *testing.T
	ctx  context.Context
	base *url.URL

	mu      sync.Mutex
	faults  []string
	allowed []string
}

// Open opens a tab for the site at base. When the test ends, everything that went
// wrong in it meanwhile fails the test.
func (b *Browser) Open(t *testing.T, base string, o Options) *Tab {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx, base: u}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	t.Cleanup(tab.check)
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	tab.Resize(cmp.Or(o.Width, 1280))
	if o.NoScript {
		params := emulation.SetScriptExecutionDisabledParams{Value: true}
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, params); err != nil {
			t.Fatal(err)
		}
	}
	return tab
}

// Resize sets the width of the window.
func (tab *Tab) Resize(width int64) {
	tab.t.Helper()
	tab.do(fmt.Sprintf("resize to %d", width), chromedp.EmulateViewport(width, 900))
}

// Allow lets console messages pass that hold text, such as the status of an answer
// that the test wants to be refused.
func (tab *Tab) Allow(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.allowed = append(tab.allowed, text)
}

// hear runs inside the loop that reads from the browser: it only takes notes.
func (tab *Tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			tab.note("console.%s: %s", e.Type, argsText(e.Args))
		}
	case *runtime.EventExceptionThrown:
		tab.note("uncaught: %s", exceptionText(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" || e.Entry.Source == "security" {
			tab.note("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme != "about" && u.Host != tab.base.Host {
			tab.note("a request went elsewhere: %s", e.Request.URL)
		}
	}
}

func (tab *Tab) note(format string, args ...any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.faults = append(tab.faults, fmt.Sprintf(format, args...))
}

func (tab *Tab) check() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, fault := range tab.faults {
		if !slices.ContainsFunc(tab.allowed, func(text string) bool { return strings.Contains(fault, text) }) {
			tab.t.Errorf("in the browser: %s", fault)
		}
	}
}

func argsText(args []*runtime.RemoteObject) string {
	var texts []string
	for _, a := range args {
		texts = append(texts, a.Description+string(a.Value))
	}
	return strings.Join(texts, " ")
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

// SignedInAs makes the tab carry this cookie and no other; an empty name leaves none.
func (tab *Tab) SignedInAs(name, value string) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		tab.t.Fatal(err)
	}
	if name == "" {
		return
	}
	params := network.SetCookieParams{Name: name, Value: value, URL: tab.base.String()}
	if _, err := chromedp.Call(tab.ctx, network.SetCookie, params); err != nil {
		tab.t.Fatal(err)
	}
}

// Colours switches between light and dark.
func (tab *Tab) Colours(scheme string) {
	tab.t.Helper()
	tab.Media("prefers-color-scheme", scheme)
}

// Media makes the browser of somebody who has set this, and nothing else of the kind.
func (tab *Tab) Media(feature, value string) {
	tab.t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}}
	if _, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, params); err != nil {
		tab.t.Fatal(err)
	}
}

// Spaced shows texts at so many percent of their size, with the spacing of WCAG 1.4.12;
// zero takes that back.
func (tab *Tab) Spaced(percent int) {
	tab.t.Helper()
	const sheet = `(() => {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync("html { font-size: %d%% } * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
		document.adoptedStyleSheets = %d ? [sheet] : [];
		return true;
	})()`
	Eval[bool](tab, fmt.Sprintf(sheet, percent, percent))
}
