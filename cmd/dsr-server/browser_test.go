package main

import (
	"archive/zip"
	"bytes"
	"testing"

	"dsr-server/internal/auth"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/http/browsertest"
)

// TestFirstStartToDownloadInABrowser walks the whole program in a real Chromium: the
// first account with the one-time token, then a request to its archive.
func TestFirstStartToDownloadInABrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	for name, o := range map[string]browsertest.Options{"with script": {}, "without script": {NoScript: true}, "on a phone": {Width: 320}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t, vendor.Sample(), setup{pageSize: 50, rate: "4/s", earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
			token := auth.NewToken()
			if err := h.p.Store.SetSetupToken(t.Context(), auth.HashToken(token)); err != nil {
				t.Fatal(err)
			}
			tab := b.Open(t, h.url, o)
			tab.Go("/")
			tab.Says("Create the first account")
			tab.Fill("token", token)
			tab.Fill("login", "ana")
			tab.Fill("password", "a-long-and-right-one")
			tab.Fill("again", "a-long-and-right-one")
			tab.Press("Create the account")
			tab.Says("First steps", "Try a request")
			tab.Press("Sign out")
			archive := tab.Walk(browsertest.Story{Login: "ana", Password: "a-long-and-right-one", Value: "ana@example.com"})
			files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := files.Open("manifest.json"); err != nil {
				t.Error(err)
			}
			tab.Unfold("Search")
			tab.Says("Complete.", "Searched completely")
			if o.NoScript {
				return
			}
			tab.Accessible("a request of the real program")
		})
	}
}
