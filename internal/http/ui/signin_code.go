package ui

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// pending returns whose password was right a moment ago, or nil.
func (p *pages) pending(ctx context.Context) (*dsr.Person, error) {
	id := p.sessions.GetString(ctx, sessionPending)
	since := time.Unix(p.sessions.GetInt64(ctx, sessionPendingSince), 0)
	if id == "" || p.now().Sub(since) > codeTime {
		return nil, nil
	}
	person, err := p.opts.People.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	if person.Disabled || !person.SecondFactor || person.Epoch != p.sessions.GetInt64(ctx, sessionEpoch) {
		return nil, nil
	}
	return &person, nil
}

func (p *pages) codeForm(w http.ResponseWriter, r *http.Request) error {
	person, err := p.pending(r.Context())
	if err != nil {
		return err
	}
	next := ownPath(r.URL.Query().Get("next"))
	if person == nil {
		p.redirect(w, r, "/sign-in?next="+url.QueryEscape(next))
		return nil
	}
	return p.showCode(w, r, http.StatusOK, codePage{Next: next})
}

// completeSignIn checks the second factor and starts the session.
func (p *pages) completeSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	form := r.PostForm
	person, err := p.pending(r.Context())
	if err != nil {
		return err
	}
	if person == nil {
		return p.showSignIn(w, r, http.StatusUnauthorized, signInPage{Next: ownPath(form.Get("next")), Carried: carried(form, carryPrefix),
			Notice: p.say("That took too long. Please sign in again.")})
	}
	err = p.opts.Gate.Complete(r.Context(), *person, p.attempt(r, person.Login, form.Get("code")))
	if passwordRefused(w, r, err) {
		return p.showCode(w, r, edge.ProblemOf(err).Status, codePage{Next: ownPath(form.Get("next")), Carried: carried(form, carryPrefix),
			Throttle: dsr.KindOf(err) == dsr.TooMany, Error: p.refusalOf(err, "That code is not right, or has been used. Wait for the next one.")})
	}
	if err != nil {
		return err
	}
	return p.welcome(w, r, *person)
}
