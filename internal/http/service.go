// Package http is the edge: the REST API, the pages and the downloads. It keeps
// true that every route states the right it needs, that every answer carries the
// security headers, that errors show what a person may read and nothing more, and
// that no status code is known anywhere else.
package http

import (
	"context"
	"io"

	"dsr-server/internal/dsr"
)

// Service is what the edge needs from the rooms behind it; cmd joins it from the
// store and the archive. Every method returns *dsr.Error for what the caller did
// wrong (not_found, conflict, gone, ...); anything else is internal. A method that
// changes something is one transaction together with its audit event.
type Service interface {
	// Submit stores the request, its audit event and its job, synced to disk. The
	// submission has been validated. A reference in use is a conflict that carries
	// the other request's ID.
	Submit(ctx context.Context, call dsr.Call, s dsr.Submission) (dsr.Request, error)
	// Request returns one request with its selectors in clear and records that by
	// has viewed it, once per principal, request and hour.
	Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error)
	// Requests lists, newest first, with masked selectors; it records nothing.
	Requests(ctx context.Context, f dsr.Filter) (dsr.Page, error)

	// Each returns the request as it is afterwards, or a conflict when its status
	// does not allow it. Nobody may approve or reject what they created.
	Cancel(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Retry(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Approve(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Reject(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)

	// Coverage is what has been searched so far.
	Coverage(ctx context.Context, by dsr.Principal, id string) (dsr.Coverage, error)
	// OpenArchive returns the finished ZIP after its download has been put on
	// record (no event, no data). In review it takes dsr.DownloadReview. record is
	// false for HEAD, which reads no data. The caller closes it.
	OpenArchive(ctx context.Context, by dsr.Principal, id string, record bool) (*Archive, error)

	// Authenticate returns the principal of an API token, or Unauthenticated.
	Authenticate(ctx context.Context, token string) (dsr.Principal, error)
	// Ready returns nil when database and blobs are writable, the schema is current
	// and the workers run; else what is wrong, for the operator.
	Ready(ctx context.Context) error
}

// Archive is a finished archive open for reading.
type Archive struct {
	io.ReadSeekCloser
	Name   string // suggested file name
	Size   int64
	SHA256 [32]byte
}
