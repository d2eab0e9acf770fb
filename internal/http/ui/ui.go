package ui

import (
	"context"
	"html/template"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// Options is what the pages need to know of the configuration, and who may come in.
type Options struct {
	// Sources are the names of the configured sources.
	Sources []string
	// Horizons are how many days the vendors of the sources keep what there is, by name, where
	// that is known.
	Horizons map[string]int
	// Regions are those of the sources that have one, by name (ISO 3166).
	Regions map[string]string
	// Deadlines say when new requests are due; their time zone is that in which times are shown.
	Deadlines dsr.Deadlines
	// ReadTable reads a CSV table of submissions, a row each.
	ReadTable func(table []byte) ([]dsr.BatchRow, error)
	People    People
	Sessions  Sessions // sees hashes of tokens only
	Gate      *auth.Gate
	// SecondFactor are the roles that have to set up a second factor.
	SecondFactor []dsr.Role
	// CheckHookURL is an error about an address that no webhook may have.
	CheckHookURL func(address string) error
	// CheckCallback is an error about an address that no request may name; nil: none may name any.
	CheckCallback func(address string) error
	// Provider is the identity provider; nil: there is none.
	Provider Provider
	// NoPassword: people sign in with the provider alone.
	NoPassword bool
	Settings   Settings
}

// Service is what the pages need from the rooms behind them. Every method returns
// *dsr.Error for what the caller did wrong (not_found, conflict, gone, ...); anything
// else is internal. A method that changes something is one transaction together with its
// audit event.
type Service interface {
	requestService
	listService
	TokenService
	webhookService
	mailService
	newService

	// Submit stores the request, its audit event and its job, synced to disk. The
	// submission has been validated. A reference in use is a conflict that carries
	// the other request's ID.
	Submit(ctx context.Context, call dsr.Call, s dsr.Submission) (dsr.Request, error)
	// Request returns one request with its selectors in clear and records that by
	// has viewed it, once per principal, request and hour.
	Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error)
	// View is Request with everything else that is to be seen of it, of one moment.
	View(ctx context.Context, by dsr.Principal, id string) (dsr.View, error)

	// Each returns the request as it is afterwards, or a conflict when its status
	// does not allow it. Nobody may approve or reject what they created.
	Cancel(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Retry(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Repackage(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Approve(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Reject(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)

	// OpenArchive returns the finished ZIP that by may have: the one in force, or in
	// review, with dsr.DownloadReview, the one to decide about. The caller closes it.
	OpenArchive(ctx context.Context, by dsr.Principal, id string) (*edge.Archive, error)
	// Link returns the link with this token's hash while it can be used.
	Link(ctx context.Context, hash [32]byte) (dsr.Link, error)
	// OpenLink is OpenArchive for whoever holds the link, which a complete download uses up;
	// passcode is the hash of what was typed; nil where nothing was. A wrong one is Forbidden.
	OpenLink(ctx context.Context, hash [32]byte, passcode []byte) (*edge.Archive, error)
}

// pages is everything that a browser sees, in one language.
type pages struct {
	calendar
	spoken   map[string]*pages // all of them, by language
	edge     *edge.Server
	svc      Service
	opts     Options
	sessions *scs.SessionManager
	sets     map[string]*template.Template
	assets   assets
	broken   []byte // the page for internal errors, made at start
}

// handler answers one call of a browser. It has either answered or returns the error to
// answer with, not both.
type handler func(p *pages, w http.ResponseWriter, r *http.Request) error

// handlerFor is a handler that needs to know who calls.
type handlerFor func(p *pages, w http.ResponseWriter, r *http.Request, by dsr.Principal) error

// redirect leads on to another page of this service.
func (p *pages) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, p.edge.Path(path), http.StatusSeeOther) //nolint:gosec // paths are constants, our own ids, or have passed ownPath
}
