package app

import (
	"context"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/reading"
)

// Proposals implements api.Service. Every conversation that is looked through is on record
// as read: passages of it are shown.
func (s service) Proposals(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (out dsr.ProposalPage, err error) {
	page, err := s.Store.ReadConversations(ctx, by, id, p)
	if err != nil {
		return out, err
	}
	r, err := s.Request(ctx, by, id)
	if err != nil {
		return out, err
	}
	out.NextCursor = page.NextCursor
	for _, f := range page.Items {
		found, err := s.proposalsIn(ctx, by, r, f, r.Language)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, found...)
	}
	if p.Cursor == "" {
		out.AlsoHere, err = s.AlsoHere(ctx, id)
	}
	return out, err
}

// proposalsIn looks through all of a conversation, page by page.
func (s service) proposalsIn(ctx context.Context, by dsr.Principal, r dsr.Request, f dsr.Found, language string) ([]dsr.Proposal, error) {
	var proposer *reading.Proposer
	for cursor := ""; ; {
		c, err := s.ReadConversation(ctx, by, r.ID, f.Source, f.ID, dsr.PageOf{Limit: messagesAtOnce, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		if proposer == nil {
			proposer = reading.NewProposer(r, s.p.Config.SourceRegions()[f.Source], export.SpeechOf(c.SourceType, c.Declared), language)
		}
		proposer.Add(c, cursor == "")
		if cursor = c.NextCursor; cursor == "" {
			return proposer.Proposals(), ctx.Err()
		}
	}
}

// messagesAtOnce bounds the messages of a conversation that are held at once.
const messagesAtOnce = 500

// ProposalsIn implements ui.Service: what is proposed of one conversation, and why in a language.
func (s service) ProposalsIn(ctx context.Context, by dsr.Principal, id, source, conversation, language string) ([]dsr.Proposal, error) {
	r, err := s.Request(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return s.proposalsIn(ctx, by, r, dsr.Found{Source: source, ID: conversation}, language)
}
