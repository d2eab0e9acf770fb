package ui

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// sessionIdle is how long a sign-in lasts without activity (ASVS 7.3).
const sessionIdle = 15 * time.Minute

// What a session holds: who, since which epoch of theirs, by what it is told apart and with
// what it was begun, and one message for the next page. Between password and second factor it
// holds whose they are, and since when.
const (
	sessionPerson  = "person"
	sessionEpoch   = "epoch"
	sessionMark    = "mark"
	sessionBrowser = "browser"
	sessionSystem  = "system"
	sessionFlash   = "flash"

	sessionFlow  = "flow"  // of a sign-in that has begun at the provider
	sessionFresh = "fresh" // when somebody showed the provider who they are

	sessionPending      = "pending"
	sessionPendingSince = "pending_since"
)

// newSessions returns the session manager: the store sees hashes of tokens only,
// and over https the cookie can neither be set by a neighbouring host nor be sent
// in clear.
func newSessions(store scs.Store, https bool, fail func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.IdleTimeout = sessionIdle
	m.Lifetime = dsr.SessionLifetime
	m.HashTokenInStore = true
	m.ErrorFunc = fail
	m.Cookie.Name = cookieName("session", https)
	m.Cookie.Secure = https
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false
	return m
}

func cookieName(what string, https bool) string {
	if https {
		return "__Host-dsr-" + what
	}
	return "dsr-" + what
}

// deviceCookieLife is how long a browser is remembered for auth.Devices.
const deviceCookieLife = 365 * 24 * time.Hour

func (p *pages) setDevice(w http.ResponseWriter, r *http.Request, login string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure goes with the scheme: on http://127.0.0.1 browsers would drop the cookie
		Name: cookieName("device", p.edge.HTTPS()), Value: p.opts.Gate.Devices.Mark(login, p.marks(r)), Path: "/",
		Secure: p.edge.HTTPS(), HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(deviceCookieLife.Seconds()),
	})
}

func (p *pages) marks(r *http.Request) string {
	c, err := r.Cookie(cookieName("device", p.edge.HTTPS()))
	if err != nil {
		return ""
	}
	return c.Value
}

// begin starts a session for the person: a new token, eight hours from now.
func (p *pages) begin(r *http.Request, person dsr.Person) error {
	ctx := r.Context()
	if err := p.sessions.RenewToken(ctx); err != nil {
		return err
	}
	p.sessions.Put(ctx, sessionPerson, person.ID)
	p.sessions.Put(ctx, sessionEpoch, person.Epoch)
	p.sessions.Put(ctx, sessionMark, auth.NewToken())
	browser, system := deviceOf(r.UserAgent())
	p.sessions.Put(ctx, sessionBrowser, browser)
	p.sessions.Put(ctx, sessionSystem, system)
	p.sessions.Remove(ctx, sessionPending)
	return nil
}

// withoutRenewal loads the session but does not count as activity: for streams and
// downloads, which run without anybody at the keyboard.
func (p *pages) withoutRenewal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := p.sessions.Load(r.Context(), p.token(r))
		if err != nil {
			p.edge.Fail(w, r, err)
			return
		}
		w.Header().Add("Vary", "Cookie")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (p *pages) token(r *http.Request) string {
	c, err := r.Cookie(p.sessions.Cookie.Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// neverStored takes back the Cache-Control that the session manager adds to an answer
// with a cookie: it would be a second one beside no-store.
func neverStored(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&neverStoredWriter{w}, r)
	})
}

type neverStoredWriter struct{ http.ResponseWriter }

func (w *neverStoredWriter) WriteHeader(status int) {
	w.Header().Set("Cache-Control", "no-store")
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *neverStoredWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type personKey struct{}

// withPerson puts who is signed in, as they are now, into the context. A session
// whose person is gone, disabled or of a later epoch has ended.
func (p *pages) withPerson(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, err := p.signedIn(r.Context())
		if err != nil {
			p.edge.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, withPersonIn(r, person))
	})
}

// signedIn returns who the session in ctx belongs to, or nil.
func (p *pages) signedIn(ctx context.Context) (*dsr.Person, error) {
	id := p.sessions.GetString(ctx, sessionPerson)
	if id == "" {
		return nil, nil
	}
	person, err := p.opts.People.Person(ctx, id)
	gone := dsr.KindOf(err) == dsr.NotFound
	if err != nil && !gone {
		return nil, err
	}
	if gone || person.Disabled || person.Epoch != p.sessions.GetInt64(ctx, sessionEpoch) {
		return nil, p.sessions.Destroy(ctx)
	}
	return &person, nil
}

// withPersonIn is the call with who makes it; nil for nobody.
func withPersonIn(r *http.Request, person *dsr.Person) *http.Request {
	if person != nil {
		edge.Identify(r.Context(), person.ID)
	}
	return r.WithContext(context.WithValue(r.Context(), personKey{}, person))
}

// personOf is who makes the call, or nil.
func personOf(ctx context.Context) *dsr.Person {
	person, _ := ctx.Value(personKey{}).(*dsr.Person)
	return person
}

// signOut ends the session at once, here and in the store.
func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if person := personOf(r.Context()); person != nil {
		if err := p.opts.People.RecordSignOut(r.Context(), person.ID); err != nil {
			return err
		}
	}
	if err := p.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`) // not the cookies: the device's mark stays
	p.redirect(w, r, "/sign-in?signed-out=1")
	return nil
}

// stay answers the script's "I am still here", a POST: loading the session has renewed it;
// and whether it is still there, a GET, which does not.
func (p *pages) stay(w http.ResponseWriter, _ *http.Request, _ dsr.Principal) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// mustSetUp reports whether somebody may do nothing before they have set up a second factor.
// What the identity provider asks of those who sign in there is its own affair.
func (p *pages) mustSetUp(person *dsr.Person) bool {
	return !person.SecondFactor && !person.External && slices.Contains(p.opts.SecondFactor, person.Role)
}

// freshFor is how long after they have shown the provider who they are somebody may approve.
const freshFor = 5 * time.Minute

// mayDecideNow reports whether somebody has shown a moment ago who they are: it is asked of
// those who sign in with the provider, which can ask again.
func (p *pages) mayDecideNow(r *http.Request) bool {
	at := p.sessions.GetInt64(r.Context(), sessionFresh)
	if person := personOf(r.Context()); person == nil || !person.External {
		return true
	}
	return p.now().Sub(time.Unix(at, 0)) <= freshFor
}
