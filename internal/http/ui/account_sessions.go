package ui

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
)

// sessionRow is one of somebody's own sign-ins.
type sessionRow struct {
	Mark, Device string
	Since        instant
	Here         bool // the one that looks
	key          string
}

// ownSessions are the sessions of whoever is signed in, newest first.
func (p *pages) ownSessions(ctx context.Context, person *dsr.Person) (rows []sessionRow, err error) {
	live, err := p.opts.Sessions.Live(ctx)
	if err != nil {
		return nil, err
	}
	here := p.sessions.GetString(ctx, sessionMark)
	for _, s := range live {
		_, values, err := p.sessions.Codec.Decode(s.Data)
		if err != nil || values[sessionPerson] != person.ID || values[sessionEpoch] != person.Epoch {
			continue // somebody else's, or one that no longer opens anything
		}
		mark, _ := values[sessionMark].(string)
		browser, _ := values[sessionBrowser].(string)
		system, _ := values[sessionSystem].(string)
		rows = append(rows, sessionRow{mark, p.device(browser, system), p.instant(s.BegunAt), mark == here, s.Key})
	}
	return rows, nil
}

// device says what somebody signed in with.
func (l tongue) device(browser, system string) string {
	switch {
	case browser == "" && system == "":
		return l.say("Unknown device")
	case browser == "":
		return l.say("Unknown browser on %s", system)
	case system == "":
		return browser
	}
	return l.say("%s on %s", browser, system)
}

// endSessions ends one other session of whoever is signed in, or all others.
func (p *pages) endSessions(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	rows, err := p.ownSessions(r.Context(), personOf(r.Context()))
	if err != nil {
		return err
	}
	var keys []string
	for _, row := range rows {
		if !row.Here && (r.PostForm.Has("others") || row.Mark == r.PostForm.Get("session")) {
			keys = append(keys, row.key)
		}
	}
	if len(keys) > 0 {
		if err := p.opts.Sessions.End(r.Context(), by.ID, keys); err != nil {
			return err
		}
		p.sessions.Put(r.Context(), sessionFlash, p.say("Signed out elsewhere: %s.", p.count(int64(len(keys)), "session")))
	}
	p.redirect(w, r, "/account")
	return nil
}
