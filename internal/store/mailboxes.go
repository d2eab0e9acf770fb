package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// mailKey seals addresses of mailboxes. Like the device key it follows from one that outlives
// the master key.
func (s *Store) mailKey() seal.Key { return s.equal.Derive("mail") }

func mailboxPlace(id string) seal.Place { return seal.At("mailboxes", "address", id) }

const selectMailbox = `SELECT id, address, mode, language FROM mailboxes WHERE `

func (t tx) scanMailbox(row scanner) (id string, m dsr.Mailbox, err error) {
	var sealed []byte
	if err = row.Scan(&id, &sealed, &m.Mode, &m.Language); err != nil {
		return "", m, err
	}
	plain, err := t.s.mailKey().Open(mailboxPlace(id), sealed)
	m.Address = string(plain)
	return id, m, err
}

// Mailbox implements ui.People: that of a person; dsr.MailOff where there is none.
func (s *Store) Mailbox(ctx context.Context, person string) (m dsr.Mailbox, err error) {
	err = s.view(ctx, func(t tx) error {
		_, m, err = t.scanMailbox(t.QueryRowContext(ctx, selectMailbox+`person = ?`, person))
		if errors.Is(err, sql.ErrNoRows) {
			m, err = dsr.Mailbox{Mode: dsr.MailOff}, nil
		}
		return err
	})
	if err != nil {
		return m, fmt.Errorf("read mailbox: %w", err)
	}
	return m, nil
}

// SetMailbox implements ui.People: what waits goes to the new address at the time of the new
// mode. With dsr.MailOff the address is forgotten, and all that was to be told.
func (s *Store) SetMailbox(ctx context.Context, by dsr.Principal, m dsr.Mailbox) error {
	err := s.update(ctx, func(t tx) error {
		var err error
		if m.Mode == dsr.MailOff {
			_, err = t.ExecContext(ctx, `DELETE FROM mailboxes WHERE person = ?`, by.ID)
		} else {
			err = t.storeMailbox(ctx, by.ID, m)
		}
		if err != nil {
			return fmt.Errorf("store mailbox: %w", err)
		}
		return t.record(ctx, audit.Event{Kind: audit.MailChosen, Actor: by.ID, Data: map[string]string{"mode": string(m.Mode)}})
	})
	if err == nil {
		s.opts.Woken()
	}
	return translate(err)
}

func (t tx) storeMailbox(ctx context.Context, person string, m dsr.Mailbox) error {
	id := newID()
	err := t.QueryRowContext(ctx, `SELECT id FROM mailboxes WHERE person = ?`, person).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO mailboxes (id, person, address, mode, language) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (id) DO UPDATE SET address = ?3, mode = ?4, language = ?5`,
		id, person, t.s.mailKey().Seal(mailboxPlace(id), []byte(m.Address)), string(m.Mode), m.Language)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `UPDATE notices SET next_at = ? WHERE mailbox_id = ? AND state = 'waiting'`, t.mailAt(t.now, m.Mode).UnixMilli(), id)
	if err != nil {
		return err
	}
	return t.enqueueMail(ctx, id)
}
