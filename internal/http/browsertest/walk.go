package browsertest

import "bytes"

// Story is one request from the sign-in to its archive.
type Story struct {
	Login, Password string
	Value           string // of the metadata to look for
}

// Walk goes through the story as a person would, with a mistake first, and returns
// the archive. It works with and without script.
func (tab *Tab) Walk(s Story) []byte {
	tab.t.Helper()
	tab.Go("/")
	tab.Fill("login", s.Login)
	tab.Fill("password", s.Password)
	tab.Press("Sign in")
	tab.Await("Today")

	tab.Press("New request")
	tab.Unfold("Search everything")
	tab.Fill("notes", "asked by letter")
	tab.Press("Continue")
	tab.Says("There is a problem", "Who is it about? Enter at least one value to look for.")
	if kept := Eval[string](tab, `document.querySelector("#notes").value`); kept != "asked by letter" {
		tab.t.Errorf("after the mistake the notes hold %q", kept)
	}
	tab.Fill("values", s.Value)
	tab.Press("Continue")
	tab.Says("Nothing has been searched yet", s.Value, "Answer due by")
	tab.Press("Start the search")
	tab.Says("Request")

	tab.Await("Ready to download")
	tab.Unfold("What was asked for")
	tab.Says(s.Value)
	zip := tab.Download("Download the archive")
	if !bytes.HasPrefix(zip, []byte("PK")) {
		tab.t.Errorf("the archive begins with %q", zip[:min(len(zip), 8)])
	}
	return zip
}
