package app

import (
	"context"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/handling"
	"dsr-server/internal/reading"
)

// ReadConversations implements api.Service. What is withheld is told to those who may know who
// withheld it.
func (s service) ReadConversations(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (dsr.FoundPage, error) {
	page, err := s.Store.ReadConversations(ctx, by, id, p)
	if !by.May(dsr.KnowNames) {
		for i, f := range page.Items {
			page.Items[i] = reading.Hide(f)
		}
	}
	return page, err
}

// Transcript implements api.Service: a page of one conversation, as its archive shows it.
func (s service) Transcript(ctx context.Context, by dsr.Principal, id, source, conversation string, p dsr.PageOf) (t dsr.Transcript, err error) {
	c, err := s.ReadConversation(ctx, by, id, source, conversation, p)
	if err != nil {
		return t, err
	}
	if c.Files, err = s.Contents(id).AttachmentsAt(ctx, source, reading.Addresses(c)); err != nil {
		return t, err
	}
	if !by.May(dsr.KnowNames) {
		c = reading.Cut(c)
	}
	speech := export.SpeechOf(c.SourceType, c.Declared)
	if speech.Learns() {
		if err := s.hearAll(ctx, id, source, speech); err != nil {
			return t, err
		}
	}
	return reading.Transcript(c, speech, p.Cursor == ""), nil
}

// hearAll lets the speech hear what the packaging of an archive lets it hear.
func (s service) hearAll(ctx context.Context, id, source string, speech export.Speech) error {
	found := s.Contents(id)
	conversations, err := s.FoundConversations(ctx, id, source)
	if err != nil {
		return err
	}
	for _, conversation := range conversations {
		for rec, err := range found.Messages(ctx, source, conversation) {
			if err != nil {
				return err
			}
			speech.Hear(rec)
		}
		speech.Learned()
	}
	return ctx.Err()
}

// RecordOfHandling implements ui.Service.
func (s service) RecordOfHandling(ctx context.Context, by dsr.Principal, id string) ([]byte, error) {
	h, err := s.History(ctx, by, id)
	if err != nil {
		return nil, err
	}
	r, err := s.Request(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return handling.Page(r, h)
}
