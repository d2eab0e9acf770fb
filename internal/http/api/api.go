package api

import (
	"context"
	"net/http"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// prefix is before every address of the API.
const prefix = "/api/v1"

// Options is what the API needs to know of the configuration.
type Options struct {
	// Sources are the names of the configured sources.
	Sources []string
	// Regions are those of the sources that have one, by name (ISO 3166).
	Regions map[string]string
	// Location is the time zone whose days are meant; nil is UTC.
	Location *time.Location
	// Metrics serves the numbers for Prometheus at /metrics, to callers with a token; nil: it
	// is not served here.
	Metrics http.Handler
	// CheckHookURL is Invalid about an address that no webhook may have, and CheckCallback about
	// one that no request may have called; "" is none.
	CheckHookURL, CheckCallback func(address string) error
}

// API is the REST API on a server.
type API struct {
	edge *edge.Server
	svc  Service
	opts Options
}

// handler answers one call by a principal who may make it. It has either answered or
// returns the error to answer with, not both.
type handler func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error

// Service is what the API needs from the rooms behind it. Every method returns *dsr.Error for what the caller did
// wrong (not_found, conflict, gone, ...); anything else is internal. A method that
// changes something is one transaction together with its audit event.
type Service interface {
	// Submit stores the request, its audit event and its job, synced to disk. The
	// submission has been validated. A reference in use is a conflict that carries
	// the other request's ID.
	Submit(ctx context.Context, call dsr.Call, s dsr.Submission) (dsr.Request, error)
	// SubmitBatch stores the rows that are not refused already, in one transaction, and returns
	// each with its ID or why it is refused; atomic: all of them, or none and an error that has
	// what is wrong with each. The key of the call is that of the batch as a whole.
	SubmitBatch(ctx context.Context, call dsr.Call, rows []dsr.BatchRow, atomic bool) ([]dsr.BatchRow, error)
	// Screening returns what was found for requests that screen, in the order of their ids; an
	// id that is of no such request, or of one that by may not know of, is Invalid. It records
	// nothing.
	Screening(ctx context.Context, by dsr.Principal, ids []string) ([]dsr.Screened, error)
	// Request returns one request with its selectors in clear and records that by
	// has viewed it, once per principal, request and hour.
	Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error)
	// View is Request with everything else that is to be seen of it, of one moment.
	View(ctx context.Context, by dsr.Principal, id string) (dsr.View, error)
	// Requests lists, newest first, with masked selectors; it records nothing.
	Requests(ctx context.Context, f dsr.Filter) (dsr.Page, error)

	// Each returns the request as it is afterwards, or a conflict when its status
	// does not allow it, or when the call names another archive than there is. Nobody may
	// approve or reject what they created. A call that is meant for another version of
	// the request is Changed; that holds of every method with a dsr.Call.
	Cancel(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Retry(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	// Amend changes what is kept about the request beside what is searched for.
	Amend(ctx context.Context, call dsr.Call, id string, c dsr.Change) (dsr.Request, error)
	// AddNote keeps what somebody wrote down about the request, for good until it is purged;
	// Notes returns what there is, the earliest first, and records that by has viewed it.
	AddNote(ctx context.Context, call dsr.Call, id, text string) (dsr.Note, error)
	Notes(ctx context.Context, by dsr.Principal, id string) ([]dsr.Note, error)
	// History is what happened to the request; it records that by has viewed it.
	History(ctx context.Context, by dsr.Principal, id string) (dsr.History, error)
	// ReadConversations lists what was found, in the archive's order; Transcript is a page of one
	// conversation, NotFound where there is none. A conflict unless by may have the archive of
	// this result. Each is on record once per principal and hour.
	ReadConversations(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (dsr.FoundPage, error)
	Transcript(ctx context.Context, by dsr.Principal, id, source, conversation string, p dsr.PageOf) (dsr.Transcript, error)
	// Withhold leaves parts of what was found out of the archive, all of them or none, and
	// Disclose undoes one; until the request is answered. The archive is made again, and has to
	// be looked at. Withheld lists, and records that by has viewed the request.
	Withhold(ctx context.Context, call dsr.Call, id string, w dsr.Withholding) ([]dsr.Withheld, error)
	Disclose(ctx context.Context, call dsr.Call, id, item string) error
	Withheld(ctx context.Context, by dsr.Principal, id string) ([]dsr.Withheld, error)
	// Proposals are passages of a page of conversations that may have to be withheld; each
	// conversation is on record as read.
	Proposals(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (dsr.ProposalPage, error)
	// Revise replaces what the request asks for by what revise makes of the request as it is
	// then, and searches anew.
	Revise(ctx context.Context, call dsr.Call, id string, revise func(dsr.Request) (dsr.Submission, error)) (dsr.Request, error)
	Approve(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Reject(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)

	// Repackage makes the archive again from what is stored, in the background: it has ended
	// when Request.Repackaging is false, and was given up if RepackagingFailed. An archive with
	// the same bytes takes the old one's place; any other has to be looked at first.
	Repackage(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)

	// Extend moves the deadline, once, inside the first month.
	Extend(ctx context.Context, call dsr.Call, id string, e dsr.Extension) (dsr.Request, error)
	// Pause lets the clock rest, Resume ends that; neither touches the search.
	Pause(ctx context.Context, call dsr.Call, id string, p dsr.Pause) (dsr.Request, error)
	Resume(ctx context.Context, call dsr.Call, id string, on dsr.Day) (dsr.Request, error)
	// Answered stops the clock, in every status in which nothing moves by itself.
	Answered(ctx context.Context, call dsr.Call, id string, a dsr.Answer) (dsr.Request, error)
	// Reopen takes the answer back, with a reason.
	Reopen(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error)
	// Hold keeps the request and its archive from being deleted until Release.
	Hold(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error)
	Release(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	// Purge deletes everything of the request but a signed receipt, unless a hold
	// keeps it (conflict). From then on the request is Gone, with the receipt.
	Purge(ctx context.Context, call dsr.Call, id string) error
	// Receipt returns what is left of a purged request.
	Receipt(ctx context.Context, id string) (dsr.SignedReceipt, error)

	// OpenArchive returns the finished ZIP that by may have: the one in force, or in
	// review, with dsr.DownloadReview, the one to decide about. The caller closes it.
	OpenArchive(ctx context.Context, by dsr.Principal, id string) (*edge.Archive, error)
	// Letter is a text about the request in its language, to be copied by staff: Invalid names
	// the kinds there are. It is a view of the request.
	Letter(ctx context.Context, by dsr.Principal, id, kind string) ([]byte, error)
	// ErasureList is what was found of the request, signed, for whoever deletes it at the vendors;
	// a conflict unless it is ready or expired. Each reading is on record.
	ErasureList(ctx context.Context, by dsr.Principal, id string) (dsr.SignedErasureList, error)
	// CreateLink makes a one-time download link to the archive in force.
	CreateLink(ctx context.Context, call dsr.Call, id string, l dsr.NewLink) (dsr.Link, error)
	// Links are those of the request that are still kept, the latest first.
	Links(ctx context.Context, id string) ([]dsr.Link, error)
	// EndLink ends a link before its time; one that has ended is a conflict.
	EndLink(ctx context.Context, call dsr.Call, id, link string) error

	// SigningKey is the public key that archives, receipts and checkpoints are
	// signed with.
	SigningKey() SigningKey
	// AuditEvents returns up to limit leaves after number after (-1: from the first),
	// and how many events there are. Reading is on record, once per principal and hour.
	AuditEvents(ctx context.Context, by dsr.Principal, after int64, limit int) (leaves [][]byte, size int64, err error)
	// Checkpoint is the signed size and root of the log as it is now.
	Checkpoint(ctx context.Context) ([]byte, error)
	// ProveEvent and ProveGrowth return the proofs; size 0 is the whole log.
	ProveEvent(ctx context.Context, index, size int64) (audit.EventProof, error)
	ProveGrowth(ctx context.Context, older, size int64) (audit.GrowthProof, error)

	// Report hands over how each request went, the earliest first, until an error of each. Reading it
	// is on record, once per principal and hour.
	Report(ctx context.Context, by dsr.Principal, each func(dsr.ReportRow) error) error

	// Estimate says what a valid submission would cost; it stores and calls nothing.
	Estimate(ctx context.Context, s dsr.Submission) (dsr.Estimate, error)
	// CheckSource tests a source with live calls; Conflict while another process
	// reads from its host.
	CheckSource(ctx context.Context, name string) ([]dsr.Finding, error)

	// SourceHealth returns the configured sources and how they have answered.
	SourceHealth(ctx context.Context) ([]dsr.SourceHealth, error)
	// Tokens lists; CreateToken makes one (a name in use is a conflict); RotateToken gives one
	// another secret (a conflict where the configuration has it); RevokeToken ends one.
	Tokens(ctx context.Context) ([]dsr.Token, error)
	CreateToken(ctx context.Context, by dsr.Principal, n dsr.NewToken) (dsr.Token, error)
	RotateToken(ctx context.Context, by dsr.Principal, name string, r dsr.Rotation) (dsr.Token, error)
	RevokeToken(ctx context.Context, by dsr.Principal, name string) error

	// Owns returns nil when by may know of the request, else the NotFound of one that there is
	// not.
	Owns(ctx context.Context, by dsr.Principal, id string) error
	webhookService

	// Authenticate returns the principal of an API token, or Unauthenticated.
	Authenticate(ctx context.Context, token string) (dsr.Principal, error)
}

// SigningKey is the public half of the signing key in the forms its users read.
type SigningKey struct {
	AllowedSigner string `json:"allowed_signer"` // a line for ssh-keygen
	Fingerprint   string `json:"fingerprint"`
	// Verifier is the key of checkpoints as signed notes name it.
	Verifier string `json:"checkpoint_verifier"`
}
