package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// foundPage reads one page of the conversations of all sources.
func (t tx) foundPage(ctx context.Context, by dsr.Principal, r dsr.Request, skip, limit int) (page dsr.FoundPage, err error) {
	items, err := t.withheldOf(ctx, r.ID)
	if err != nil {
		return page, err
	}
	end := skip + limit
	for _, source := range r.Sources {
		more, err := t.foundOf(ctx, by, r, source, skip, limit-len(page.Items)+1)
		if err != nil {
			return page, err
		}
		for _, f := range more.items {
			f.Withheld = itemsAt(items, f, "")
			page.Items = append(page.Items, f)
		}
		if len(page.Items) > limit {
			page.Items, page.NextCursor = page.Items[:limit], offsetCursor(end)
			return page, nil
		}
		skip = max(0, skip-more.all)
	}
	return page, nil
}

// foundPart are some of the conversations of a source, and how many there are.
type foundPart struct {
	items []dsr.Found
	all   int
}

func (t tx) foundOf(ctx context.Context, by dsr.Principal, r dsr.Request, source string, skip, limit int) (part foundPart, err error) {
	err = t.reading(ctx, r.ID, source, dsr.Conversation, func(rd reading) error {
		entries, err := rd.entries(ctx, "")
		if err != nil {
			return err
		}
		part.all = len(entries)
		for _, e := range entries[min(skip, len(entries)):min(skip+limit, len(entries))] {
			rec, err := rd.record(ctx, e.row)
			if err != nil {
				return err
			}
			found, err := rd.found(ctx, by, rec)
			if err != nil {
				return err
			}
			part.items = append(part.items, found)
		}
		return nil
	})
	return part, err
}

// found is what a list says of a conversation.
func (r reading) found(ctx context.Context, by dsr.Principal, rec dsr.Record) (dsr.Found, error) {
	f := dsr.Found{Source: r.source, ID: rec.Name(), Start: rec.Start, LastAction: rec.LastAction, Why: rec.Why}
	if rec.ID != "" {
		err := r.QueryRowContext(ctx, `SELECT count(*) FROM records WHERE request_id = ? AND source = ? AND kind = 'message' AND conversation_key = ?`,
			r.request, r.source, r.key.MAC("conversation", []byte(rec.ID))).Scan(&f.Messages)
		if err != nil {
			return f, fmt.Errorf("count messages: %w", err)
		}
	}
	err := r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM readings WHERE request_id = ? AND principal = ? AND conversation = ?)`,
		r.request, by.ID, conversationKey(r.key, r.source, f.ID)).Scan(&f.Opened)
	if err != nil {
		return f, fmt.Errorf("look who has read: %w", err)
	}
	return f, nil
}

// conversation is the record of a conversation by its name.
func (t tx) conversation(ctx context.Context, k seal.Key, r dsr.Request, source, name string) (rec dsr.Record, err error) {
	err = t.reading(ctx, r.ID, source, dsr.Conversation, func(rd reading) error {
		for _, id := range []string{name, ""} { // what has no id is named after its content
			rows, err := rd.rows(ctx, k.MAC("conversation", []byte(id)))
			if err != nil {
				return err
			}
			for _, row := range rows {
				if rec, err = rd.record(ctx, row); err != nil || rec.Name() == name {
					return err
				}
			}
		}
		return dsr.UnknownConversation("conversation")
	})
	return rec, err
}

// rows are those of the reading's kind that have the key of a conversation.
func (r reading) rows(ctx context.Context, conversation []byte) (all []int64, err error) {
	rows, err := r.QueryContext(ctx, `SELECT id FROM records WHERE request_id = ? AND source = ? AND kind = ? AND conversation_key = ? ORDER BY id`,
		r.request, r.source, string(r.kind), conversation)
	if err != nil {
		return nil, fmt.Errorf("look up records: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row int64
		if err := rows.Scan(&row); err != nil {
			return nil, fmt.Errorf("look up records: %w", err)
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (t tx) foundConversation(ctx context.Context, by dsr.Principal, r dsr.Request, source, name string, skip, limit int) (c dsr.FoundConversation, err error) {
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return c, err
	}
	if c.Record, err = t.conversation(ctx, k, r, source, name); err != nil {
		return c, err
	}
	err = t.reading(ctx, r.ID, source, dsr.Message, func(rd reading) error {
		if c.Found, err = rd.found(ctx, by, c.Record); err != nil {
			return err
		}
		return rd.messagePage(ctx, &c, skip, limit)
	})
	if err != nil {
		return c, err
	}
	items, err := t.withheldOf(ctx, r.ID)
	if err != nil {
		return c, err
	}
	c.Withheld, c.Cut = itemsAt(items, c.Found, ""), map[string][]dsr.Withheld{}
	for _, rec := range c.Messages {
		c.Cut[rec.Name()] = itemsAt(items, c.Found, rec.Name())
	}
	return c, t.sourceOf(ctx, r.ID, source, &c)
}

// itemsAt are those of a message, or without one of the conversation itself.
func itemsAt(items []dsr.Withheld, f dsr.Found, message string) (here []dsr.Withheld) {
	for _, item := range items {
		if item.Source == f.Source && item.Conversation == f.ID && item.Message == message {
			here = append(here, item)
		}
	}
	return here
}

// pageBytes bounds the messages of a page: beyond it the page ends, after one at least.
const pageBytes = 4 << 20

func (r reading) messagePage(ctx context.Context, c *dsr.FoundConversation, skip, limit int) error {
	if c.Record.ID == "" {
		return nil // its messages cannot be told from others
	}
	entries, err := r.entries(ctx, c.Record.ID)
	if err != nil {
		return err
	}
	size := 0
	for i, e := range entries[min(skip, len(entries)):] {
		if i == limit || size >= pageBytes {
			c.NextCursor = offsetCursor(skip + i)
			return nil
		}
		rec, err := r.record(ctx, e.row)
		if err != nil {
			return err
		}
		rec.ConversationID = c.Record.ID
		size += len(rec.Raw)
		c.Messages = append(c.Messages, rec)
	}
	return nil
}

// sourceOf adds what is known of the source: its type, its declaration, and where files were looked for.
func (t tx) sourceOf(ctx context.Context, id, source string, c *dsr.FoundConversation) (err error) {
	var declaration string
	err = t.QueryRowContext(ctx, `SELECT type, declaration FROM request_sources WHERE request_id = ? AND source = ?`, id, source).Scan(&c.SourceType, &declaration)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read source: %w", err)
	}
	if c.Declared, err = decodeDeclared(declaration); err != nil {
		return err
	}
	c.FilePaths, err = t.attachmentPaths(ctx, id, source)
	return err
}

// offsetCursor and parseOffset write and read after how many a page begins.
func offsetCursor(n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("after " + strconv.Itoa(n)))
}

func parseOffset(cursor string) (n int, err error) {
	if cursor == "" {
		return 0, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(plain), "after %d", &n)
	}
	if err != nil || n < 0 || offsetCursor(n) != cursor {
		return 0, notOurCursor()
	}
	return n, nil
}
