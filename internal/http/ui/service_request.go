package ui

import (
	"context"

	"dsr-server/internal/dsr"
)

// requestService is what the pages of one request need beside looking at it. Errors are those
// of Service.
type requestService interface {
	// Told is View and History of one moment.
	Told(ctx context.Context, by dsr.Principal, id string) (dsr.View, dsr.History, error)
	// History is what happened to the request; it records that by has viewed it.
	History(ctx context.Context, by dsr.Principal, id string) (dsr.History, error)
	// RecordOfHandling is the history as a page to print or to file, in the request's language.
	RecordOfHandling(ctx context.Context, by dsr.Principal, id string) ([]byte, error)
	// AddNote keeps what somebody wrote down about the request; Notes are all, the earliest
	// first.
	AddNote(ctx context.Context, call dsr.Call, id, text string) (dsr.Note, error)
	Notes(ctx context.Context, by dsr.Principal, id string) ([]dsr.Note, error)
	// Amend changes what is kept about the request beside what is searched for.
	Amend(ctx context.Context, call dsr.Call, id string, c dsr.Change) (dsr.Request, error)

	// LetterBefore is the letter about an extension that has not been made, and the request as
	// it would be; nothing is changed.
	LetterBefore(ctx context.Context, by dsr.Principal, id string, e dsr.Extension) (dsr.Request, []byte, error)
	Extend(ctx context.Context, call dsr.Call, id string, e dsr.Extension) (dsr.Request, error)
	Pause(ctx context.Context, call dsr.Call, id string, p dsr.Pause) (dsr.Request, error)
	Resume(ctx context.Context, call dsr.Call, id string, on dsr.Day) (dsr.Request, error)
	Answered(ctx context.Context, call dsr.Call, id string, a dsr.Answer) (dsr.Request, error)
	Reopen(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error)
	// LetterIn is a text about the request in a language, to be copied; "" is the request's.
	LetterIn(ctx context.Context, by dsr.Principal, id, kind, language string) ([]byte, error)

	Hold(ctx context.Context, call dsr.Call, id, reason string) (dsr.Request, error)
	Release(ctx context.Context, call dsr.Call, id string) (dsr.Request, error)
	Purge(ctx context.Context, call dsr.Call, id string) error
	Receipt(ctx context.Context, id string) (dsr.SignedReceipt, error)

	// What was found, page by page; each reading is on record.
	ReadConversations(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (dsr.FoundPage, error)
	Transcript(ctx context.Context, by dsr.Principal, id, source, conversation string, p dsr.PageOf) (dsr.Transcript, error)
	// ProposalsIn are passages of one conversation that may have to be withheld, and why in a language.
	ProposalsIn(ctx context.Context, by dsr.Principal, id, source, conversation, language string) ([]dsr.Proposal, error)
	// Withhold leaves parts of what was found out of the archive, Disclose undoes one.
	Withhold(ctx context.Context, call dsr.Call, id string, w dsr.Withholding) ([]dsr.Withheld, error)
	Disclose(ctx context.Context, call dsr.Call, id, item string) error

	// CreateLink makes a one-time download link to the archive in force.
	CreateLink(ctx context.Context, call dsr.Call, id string, l dsr.NewLink) (dsr.Link, error)
	// Links are those of the request that are still kept, the latest first.
	Links(ctx context.Context, id string) ([]dsr.Link, error)
	// EndLink ends a link before its time; one that has ended is a conflict.
	EndLink(ctx context.Context, call dsr.Call, id, link string) error
}
