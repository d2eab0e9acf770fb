package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// newService is what the pages for new requests need.
type newService interface {
	// Draft returns a draft of by's own. Anybody else's is not found, like one whose day is over.
	Draft(ctx context.Context, by dsr.Principal, id string) (dsr.Draft, error)
	// SaveDraft keeps a draft for another day and returns its id, which is a new one unless
	// the draft is there, by's own and not sent in yet.
	SaveDraft(ctx context.Context, by dsr.Principal, d dsr.Draft) (id string, err error)
	// SubmitDraft is Submit; in the same transaction what the draft holds is deleted.
	SubmitDraft(ctx context.Context, call dsr.Call, draft string, s dsr.Submission) (dsr.Request, error)
	// ReviseDraft replaces what a request asks for by what revise makes of it, and the search
	// begins anew; what the draft holds is deleted, as by SubmitDraft.
	ReviseDraft(ctx context.Context, call dsr.Call, draft, id string, revise func(dsr.Request) (dsr.Submission, error)) (dsr.Request, error)

	// LastLanguage is the language of the request that by submitted last; empty: there is none.
	LastLanguage(ctx context.Context, by dsr.Principal) (string, error)

	// SubmitBatch stores all of the rows or, when one is refused, none.
	SubmitBatch(ctx context.Context, call dsr.Call, rows []dsr.BatchRow, atomic bool) ([]dsr.BatchRow, error)
	// References are the references of requests, by id; of one that was purged there is none.
	References(ctx context.Context, ids []string) (map[string]string, error)

	// ReferenceFree returns nil, or the conflict that Submit would meet just now.
	ReferenceFree(ctx context.Context, reference string) error
	// Alike lists requests that ask for any of these, the newest first; it records nothing.
	Alike(ctx context.Context, selectors []dsr.Selector) ([]dsr.Alike, error)
	// Estimate says what a submission would cost; it stores and calls nothing.
	Estimate(ctx context.Context, s dsr.Submission) (dsr.Estimate, error)
	// MissingInformation names, by source, what of Art. 15(1)(a) to (h) and (2) GDPR cannot
	// be told in this language.
	MissingInformation(sources []string, language string) map[string][]string
}
