package archive_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/http/browsertest"
)

// TestPagesAreAccessible opens the pages as a reader would and lets axe-core look at
// them, wide and narrow, light and dark. Run it with DSR_SCREENSHOTS=dir to see them.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	for name, in := range map[string]archive.Input{"sample": informed(t), "attached": attached(t), "unvollständig": germanLong(t), "wild": wild(signer(t), longWords())} {
		names, content := unpack(t, write(t, in))
		site := httptest.NewServer(files(content))
		t.Cleanup(site.Close)
		tab := browser.Open(t, site.URL, browsertest.Options{})
		for _, look := range []struct {
			width  int64
			scheme string
		}{{1280, "light"}, {1280, "dark"}, {320, "light"}, {320, "dark"}} {
			tab.Resize(look.width)
			tab.Colours(look.scheme)
			for i, page := range names {
				if strings.HasSuffix(page, ".html") {
					tab.Go("/" + page)
					tab.Accessible(fmt.Sprintf("%s: %s in %+v", name, page, look))
					picture(tab, fmt.Sprintf("%s-%d-%d-%s.png", name, i, look.width, look.scheme))
				}
			}
		}
	}
}

// germanLong has a conversation of several pages.
func germanLong(t *testing.T) archive.Input {
	in := sample(t)
	in.Request.Language, in.Coverage = "de", incomplete(in.Coverage, "it-desk")
	f := in.Contents.(*found)
	f.conversation("it-desk", `{"_id":"long","startTime":1735703000}`)
	for i := range 501 {
		f.message("it-desk", fmt.Sprintf(`{"_id":"m%03d","time":%d,"type":"UserInput","userInput":"Nachricht %d","conversationId":"long"}`, i, 1735703000+i*600, i))
	}
	return in
}

// longWords do not break by themselves.
func longWords() words {
	n := 0
	return func() string { n++; return fmt.Sprintf("w%d", n) + strings.Repeat("W", 300) }
}

func files(content map[string][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" { // some browsers ask every site for one
			w.WriteHeader(http.StatusNoContent)
			return
		}
		body, ok := content[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(body))
	})
}

func picture(tab *browsertest.Tab, name string) {
	if dir := os.Getenv("DSR_SCREENSHOTS"); dir != "" {
		tab.Screenshot(filepath.Join(dir, name))
	}
}
