package ui

import (
	"net/http"
	"net/url"
	"time"

	"dsr-server/internal/dsr"
)

// codePage asks for the second factor, after the password.
type codePage struct {
	chrome
	Error    string // why the last try was refused
	Throttle bool   // Error is about too many tries
	Next     string
	Carried  []hidden
}

func (codePage) template() string { return "code" }

// codeTime is how long after the password its second factor may follow.
const codeTime = 10 * time.Minute

// askCode remembers whose password was right and asks for the second factor, after which it goes
// on to next, or with what was typed before. Nobody is signed in meanwhile.
func (p *pages) askCode(w http.ResponseWriter, r *http.Request, person dsr.Person, next string, carry []hidden) error {
	ctx := r.Context()
	if err := p.sessions.RenewToken(ctx); err != nil {
		return err
	}
	p.sessions.Remove(ctx, sessionPerson)
	p.sessions.Put(ctx, sessionPending, person.ID)
	p.sessions.Put(ctx, sessionPendingSince, p.now().Unix())
	p.sessions.Put(ctx, sessionEpoch, person.Epoch)
	if len(carry) > 0 { // what was typed is carried on in the page, never in an address
		return p.showCode(w, r, http.StatusOK, codePage{Next: next, Carried: carry})
	}
	p.redirect(w, r, "/sign-in/code?next="+url.QueryEscape(next))
	return nil
}

func (p *pages) showCode(w http.ResponseWriter, r *http.Request, status int, data codePage) error {
	data.chrome = p.chrome(r, p.say("Second factor"), "sign-in")
	data.Faulty = data.Error != ""
	return p.render(w, status, data)
}
