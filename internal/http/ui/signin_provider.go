package ui

import (
	"encoding/json"
	"net/http"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// keptFlow is what the session keeps while the browser is at the provider.
type keptFlow struct {
	auth.Flow

	Next string
}

// beginAtProvider leads to the provider: for a sign-in, or, with ?again, so that whoever is
// signed in shows once more who they are.
func (p *pages) beginAtProvider(w http.ResponseWriter, r *http.Request) error {
	again := r.URL.Query().Has("again") && personOf(r.Context()) != nil
	flow, address, err := p.opts.Provider.Begin(r.Context(), again)
	if err != nil {
		return err
	}
	text, err := json.Marshal(keptFlow{flow, ownPath(r.URL.Query().Get("next"))})
	if err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlow, string(text))
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// comeBack takes the provider's answer. What the session has kept of the sign-in is used up.
func (p *pages) comeBack(w http.ResponseWriter, r *http.Request) error {
	var kept keptFlow
	// Without one the flow is empty, to which no answer belongs.
	_ = json.Unmarshal([]byte(p.sessions.PopString(r.Context(), sessionFlow)), &kept)
	id, err := p.opts.Provider.Finish(r.Context(), kept.Flow, r.URL.Query())
	var person dsr.Person
	if err == nil {
		person, err = p.identified(r, kept, id)
	}
	if err != nil {
		return p.notSignedIn(w, r, kept.Next, err)
	}
	if err := p.begin(r, person); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFresh, id.AuthenticatedAt.Unix())
	next := kept.Next
	if next == "" {
		next = "/"
	}
	p.redirect(w, r, next)
	return nil
}

// identified is whose account it is. Whoever shows once more who they are has to be the one
// who is signed in.
func (p *pages) identified(r *http.Request, kept keptFlow, id dsr.StaffIdentity) (dsr.Person, error) {
	unknown, err := p.unknownPassword(r)
	if err != nil {
		return dsr.Person{}, err
	}
	person, err := p.opts.People.SignInWithIdentity(r.Context(), id, unknown)
	if err != nil {
		return person, err
	}
	if now := personOf(r.Context()); kept.Fresh && (now == nil || now.ID != person.ID) {
		return person, dsr.Errorf(dsr.Forbidden, "another_person", "the identity provider has signed somebody else in")
	}
	return person, nil
}

// notSignedIn shows the sign-in with why it came to nothing.
func (p *pages) notSignedIn(w http.ResponseWriter, r *http.Request, next string, err error) error {
	words, told := providerFaults[edge.ProblemOf(err).Code]
	if !told {
		return err
	}
	p.edge.LogFault(r, edge.ProblemOf(err).Status, err)
	edge.NoteRefusal(r.Context(), err)
	return p.showSignIn(w, r, edge.ProblemOf(err).Status, signInPage{Next: next, Error: p.say(words)})
}

var providerFaults = map[string]text{
	"provider_answer":  "This sign-in did not begin in this browser, or took too long. Please try again.",
	"provider_refused": "The identity provider has not signed you in.",
	"no_role":          "None of your groups has a role here. Ask whoever looks after the groups.",
	"account_disabled": "Your account has been disabled. Ask an administrator.",
	"another_person":   "The identity provider has signed somebody else in. Sign out there first.",
}
