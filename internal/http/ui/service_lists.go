package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// listService is what the lists, the sources and the log need.
type listService interface {
	// Worklist lists with masked selectors, and Today says what waits; neither records anything.
	Worklist(ctx context.Context, q dsr.ListQuery) (dsr.ListPage, error)
	Today(ctx context.Context) (dsr.Today, error)
	// Waits counts what the navigation tells of.
	Waits(ctx context.Context) (dsr.Waits, error)
	// SearchAsked returns keyed hashes of what the selectors ask for, for ListQuery.Asked, and
	// puts on record that by searched so.
	SearchAsked(ctx context.Context, by dsr.Principal, selectors []dsr.Selector) ([]string, error)
	// OpenedBy are those of the requests whose result by has looked at.
	OpenedBy(ctx context.Context, by dsr.Principal, ids []string) (map[string]bool, error)
	// Answered stops the clock, in every status in which nothing moves by itself.
	Answered(ctx context.Context, call dsr.Call, id string, a dsr.Answer) (dsr.Request, error)

	// SourceOverviews are the configured sources with all that is known of them.
	SourceOverviews(ctx context.Context) ([]dsr.SourceOverview, error)
	// CheckSource tests a source with live calls; Conflict while another process
	// reads from its host.
	CheckSource(ctx context.Context, name string) ([]dsr.Finding, error)

	// AuditPage and AuditLines search the log; AuditLines hands over all that is found. That it
	// was read is on record, once per principal and hour.
	AuditPage(ctx context.Context, by dsr.Principal, q dsr.AuditQuery) (dsr.AuditPage, error)
	AuditLines(ctx context.Context, by dsr.Principal, q dsr.AuditQuery, each func(dsr.AuditLine) error) error
	// AuditActors are the people and tokens that the log speaks of.
	AuditActors(ctx context.Context) ([]dsr.Principal, error)
	// RequestsCalled are the ids of the requests with this reference or id.
	RequestsCalled(ctx context.Context, name string) ([]string, error)
	// TakeCheckpoint is the signed checkpoint of the log, which is on record as taken;
	// CheckpointKept is when that was done last.
	TakeCheckpoint(ctx context.Context, by dsr.Principal) ([]byte, error)
	CheckpointKept(ctx context.Context) (dsr.KeptCheckpoint, error)
}
