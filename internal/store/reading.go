package store

import (
	"context"
	"encoding/hex"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// ReadConversations implements api.Service: a page of what was found, in the archive's order.
// Reading it is first put on record, once per principal, request and hour.
func (s *Store) ReadConversations(ctx context.Context, by dsr.Principal, id string, p dsr.PageOf) (page dsr.FoundPage, err error) {
	skip, err := parseOffset(p.Cursor)
	if err != nil {
		return page, err
	}
	if err := s.recordReading(ctx, by, id, func(tx, dsr.Request) ([]byte, error) { return []byte{}, nil }); err != nil {
		return page, err
	}
	err = s.view(ctx, func(t tx) error {
		r, err := t.readable(ctx, by, id)
		if err != nil {
			return err
		}
		page, err = t.foundPage(ctx, by, r, skip, p.Limit)
		return err
	})
	return page, err
}

// ReadConversation returns a conversation with a page of its messages; the page ends early
// when its messages are large. Reading it is first put on record, once per principal,
// request, conversation and hour.
func (s *Store) ReadConversation(ctx context.Context, by dsr.Principal, id, source, conversation string, p dsr.PageOf) (c dsr.FoundConversation, err error) {
	skip, err := parseOffset(p.Cursor)
	if err != nil {
		return c, err
	}
	err = s.recordReading(ctx, by, id, func(t tx, r dsr.Request) ([]byte, error) {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return nil, err
		}
		_, err = t.conversation(ctx, k, r, source, conversation)
		return conversationKey(k, source, conversation), err
	})
	if err != nil {
		return c, err
	}
	err = s.view(ctx, func(t tx) error {
		r, err := t.readable(ctx, by, id)
		if err != nil {
			return err
		}
		c, err = t.foundConversation(ctx, by, r, source, conversation, skip, p.Limit)
		return err
	})
	return c, err
}

// readable is the request, if by may read now what was found for it.
func (t tx) readable(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	r, err := t.request(ctx, id)
	if err != nil {
		return r, err
	}
	if r.Status == dsr.Purged {
		return r, t.gone(ctx, id)
	}
	return r, r.MayBeRead(by)
}

// recordReading puts on record what by is about to read; which says what that is.
func (s *Store) recordReading(ctx context.Context, by dsr.Principal, id string, which func(tx, dsr.Request) ([]byte, error)) error {
	var conversation []byte
	var seen bool
	err := s.view(ctx, func(t tx) error {
		r, err := t.readable(ctx, by, id)
		if err != nil {
			return err
		}
		if conversation, err = which(t, r); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM readings WHERE request_id = ? AND principal = ? AND conversation = ? AND hour = ?)`,
			id, by.ID, conversation, hourOf(t)).Scan(&seen)
	})
	if err != nil || seen {
		return err
	}
	return translate(s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `
			INSERT INTO readings (request_id, principal, conversation, hour)
			SELECT id, ?, ?, ? FROM requests WHERE id = ? AND status <> 'purged' ON CONFLICT DO NOTHING`, by.ID, conversation, hourOf(t), id)
		if err != nil {
			return fmt.Errorf("record reading: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return t.record(ctx, readingEvent(by, id, conversation))
	}))
}

func hourOf(t tx) int64 { return t.now.Unix() / 3600 }

func readingEvent(by dsr.Principal, id string, conversation []byte) audit.Event {
	if len(conversation) == 0 {
		return audit.Event{Kind: audit.ConversationsListed, Actor: by.ID, Request: id}
	}
	return audit.Event{Kind: audit.ConversationRead, Actor: by.ID, Request: id, Data: map[string]string{"conversation": hex.EncodeToString(conversation)}}
}
