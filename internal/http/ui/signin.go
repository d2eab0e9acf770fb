package ui

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// signInPage asks for login and password.
type signInPage struct {
	chrome
	Login    string
	Next     string   // the page to continue with
	Error    string   // why the last try was refused
	Notice   string   // why this page is shown
	Carried  []hidden // what was typed into the form before the sign-in ended
	Throttle bool     // Error is about too many tries, not about login or password
	Provider string   // where the identity provider is; empty: there is none
	Password bool     // a password opens as well
	At       string   // the address at which the provider's sign-in begins
}

func (signInPage) template() string { return "signin" }

// carryPrefix marks the fields of the request form that go through the sign-in.
const carryPrefix = "carry."

// signInForm shows the form, or the set-up while there are no accounts.
func (p *pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	if personOf(r.Context()) != nil {
		p.redirect(w, r, "/")
		return nil
	}
	fresh, err := p.opts.People.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if fresh && p.opts.Provider == nil {
		p.redirect(w, r, "/setup")
		return nil
	}
	data := signInPage{Next: ownPath(r.URL.Query().Get("next"))}
	if r.URL.Query().Has("signed-out") {
		data.Notice = p.say("You have signed out.")
	} else if data.Next != "" {
		data.Notice = p.say("Please sign in to continue.")
	}
	return p.showSignIn(w, r, http.StatusOK, data)
}

func (p *pages) showSignIn(w http.ResponseWriter, r *http.Request, status int, data signInPage) error {
	data.chrome = p.chrome(r, p.say("Sign in"), "sign-in")
	if data.Faulty = data.Error != ""; len(data.Carried) == 0 { // what was typed does not outlive another call
		data.Address = spokenPath("/sign-in?next=" + url.QueryEscape(data.Next))
	}
	data.Password = !p.opts.NoPassword
	if p.opts.Provider != nil {
		data.Provider, data.At = p.opts.Provider.Host(), providerPath
		if data.Next != "" {
			data.At += "?next=" + url.QueryEscape(data.Next)
		}
	}
	return p.render(w, status, data)
}

// askToSignIn leads to the sign-in and from there back to the page.
func (p *pages) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	switch {
	case r.Method == http.MethodPost && (r.URL.Path == "/requests" || r.URL.Path == "/requests/new"):
		return p.askWithForm(w, r)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		p.redirect(w, r, "/sign-in?next="+url.QueryEscape(ownPath(r.URL.Path)))
	default:
		p.redirect(w, r, "/sign-in")
	}
	return nil
}

// askWithForm asks to sign in and brings along what somebody has typed into the
// request form: in the page, never in an address.
func (p *pages) askWithForm(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	return p.showSignIn(w, r, http.StatusUnauthorized, signInPage{
		Notice:  p.say("You were signed out after 15 minutes without activity. Sign in again; what you typed is kept."),
		Carried: carried(r.PostForm, ""),
	})
}

// carried lists the fields of the request form among values whose name begins with
// prefix, to be carried along once more.
func carried(values url.Values, prefix string) []hidden {
	var out []hidden
	for _, name := range sortedKeys(values) {
		if inner, ok := strings.CutPrefix(name, prefix); ok {
			for _, v := range values[name] {
				out = append(out, hidden{carryPrefix + inner, v})
			}
		}
	}
	return out
}

// signIn checks login and password and starts a session.
func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	form := r.PostForm
	person, err := p.opts.Gate.SignIn(r.Context(), p.attempt(r, form.Get("login"), form.Get("password")))
	if passwordRefused(w, r, err) {
		pr := edge.ProblemOf(err)
		return p.showSignIn(w, r, pr.Status, signInPage{
			Login: form.Get("login"), Next: ownPath(form.Get("next")), Error: p.refusalOf(err, "That login and password do not match."),
			Carried: carried(form, carryPrefix), Throttle: dsr.KindOf(err) == dsr.TooMany,
		})
	}
	if err != nil {
		return err
	}
	if person.SecondFactor {
		return p.askCode(w, r, person, ownPath(form.Get("next")), carried(form, carryPrefix))
	}
	return p.welcome(w, r, person)
}

func (p *pages) attempt(r *http.Request, login, password string) auth.Attempt {
	return auth.Attempt{Login: login, Password: password, Address: edge.Client(r.Context()), Device: p.marks(r)}
}

// refusalOf says why a sign-in was refused: when to come back, or what is wrong.
func (l tongue) refusalOf(err error, wrong text) string {
	e, ok := errors.AsType[*dsr.Error](err)
	if !ok || e.Kind != dsr.TooMany {
		return l.say(wrong)
	}
	wait := l.count(int64((e.RetryAfter+time.Second-1)/time.Second), "second")
	return l.say("Too many attempts have failed. Try again in %s; after %d failures each wait is longer, up to 15 minutes.", wait, auth.FreeFailures)
}

// passwordRefused reports whether err is about what was typed, or how often: then it goes
// on record, and the answer says when to come back.
func passwordRefused(w http.ResponseWriter, r *http.Request, err error) bool {
	refusal, refused := errors.AsType[*auth.Refusal](err)
	if !refused {
		return false
	}
	if refusal.About != "" {
		edge.About(r.Context(), refusal.About)
	}
	edge.ExplainRefusal(w, r, err)
	return true
}

// welcome starts the session and leads on: to the page asked for, or back into the
// form with what had been typed.
func (p *pages) welcome(w http.ResponseWriter, r *http.Request, person dsr.Person) error {
	if err := p.begin(r, person); err != nil {
		return err
	}
	p.setDevice(w, r, person.Login)
	if carry := carried(r.PostForm, carryPrefix); len(carry) > 0 && person.Role.May(dsr.Submit) {
		values := url.Values{}
		for _, h := range carry {
			values.Add(strings.TrimPrefix(h.Name, carryPrefix), h.Value)
		}
		return p.resume(w, r, values, person.Principal())
	}
	next := ownPath(r.PostForm.Get("next"))
	if next == "" {
		next = "/"
	}
	p.redirect(w, r, next)
	return nil
}

// resume does what was sent when the sign-in had ended. What was to be submitted is shown
// once more before it is.
func (p *pages) resume(w http.ResponseWriter, r *http.Request, sent url.Values, by dsr.Principal) error {
	if sent.Get("action") == "start" {
		p.redirect(w, r, draftPath(sent.Get("draft"))+"/check")
		return nil
	}
	r.PostForm = sent
	return p.editRequest(w, r, by)
}

func sortedKeys(v url.Values) []string { return slices.Sorted(maps.Keys(v)) }
