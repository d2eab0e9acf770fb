package ui_test

import (
	"os"
	"path"
	"path/filepath"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	"dsr-server/internal/http/browsertest"
)

// steps counts what somebody does, and the pages that they see meanwhile.
type steps struct {
	tab         *browsertest.Tab
	done, pages int
}

func (s *steps) fill(id, text string) {
	s.tab.Fill(id, text)
	s.done++
}

// leads is a press that leads to another page.
func (s *steps) leads(button string) {
	s.tab.Press(button)
	s.done++
	s.pages++
}

// TestTheWayFromAnEMailToAnArchiveHandedOverIsShort: five pages and twelve steps at most, with
// whatever a person would leave as it is.
func TestTheWayFromAnEMailToAnArchiveHandedOverIsShort(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Workers = true })
	for name, text := range twoTalks {
		if err := os.WriteFile(filepath.Join(s.Dir, "exports", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.signIn("requester")
	tab := browsertest.Start(t).Open(t, s.URL, browsertest.Options{})
	tab.SignedInAs("dsr-session", s.cookie("dsr-session").Value)
	tab.Go("/requests/new")
	way := steps{tab: tab, pages: 1}
	way.fill("values", "Ana <ana@example.com>")
	way.leads("Continue")
	way.leads("Start the search")
	s.until(path.Base(tab.Path()), func(r dsr.Request) bool { return r.Status == dsr.Ready })
	tab.Await("Hand over by a link")
	way.leads("Hand over by a link")
	way.leads("Make the link")
	tab.Says("It is shown this once.")
	if way.pages > 5 || way.done > 12 {
		t.Errorf("%d pages and %d steps, want at most 5 and 12", way.pages, way.done)
	}
	t.Logf("%d pages, %d steps", way.pages, way.done)
}

// TestTheWayFromTheFirstStartToTheFirstRequestIsShort: four pages at most, with the one-time
// token and the steps that Today shows whoever comes first.
func TestTheWayFromTheFirstStartToTheFirstRequestIsShort(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	token := auth.NewToken()
	if err := s.Store.SetSetupToken(t.Context(), auth.HashToken(token)); err != nil {
		t.Fatal(err)
	}
	tab := browsertest.Start(t).Open(t, s.URL, browsertest.Options{})
	tab.Go("/")
	way := steps{tab: tab, pages: 1}
	for id, text := range map[string]string{"token": token, "login": "ana", "password": sitePassword, "again": sitePassword} {
		way.fill(id, text)
	}
	way.leads("Create the account")
	tab.Says("First steps")
	way.leads("Try a request")
	way.fill("values", "ana@example.com")
	way.leads("Continue")
	if way.pages > 4 {
		t.Errorf("%d pages before the first request, want at most 4", way.pages)
	}
	way.leads("Start the search")
	tab.Says("The request has been submitted.")
	t.Logf("%d pages to the request, %d steps", way.pages-1, way.done)
}
