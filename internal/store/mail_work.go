package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// NextMail is the message that is to be sent next to the job's mailbox, whenever that is: its
// earliest notice, in a digest with all others that wait. nil: there is none, or nobody wants
// it any more.
func (w *Work) NextMail(ctx context.Context) (out *dsr.OutgoingMail, err error) {
	err = w.view(ctx, func(t tx) error {
		_, box, err := t.scanMailbox(t.QueryRowContext(ctx, selectMailbox+`id = ?`, w.lease.Key))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read mailbox: %w", err)
		}
		m := dsr.OutgoingMail{Mailbox: box}
		if err := t.readNotices(ctx, w.lease.Key, &m); err != nil {
			return err
		}
		if len(m.Notices) > 0 {
			out = &m
		}
		return nil
	})
	return out, err
}

func (t tx) readNotices(ctx context.Context, box string, m *dsr.OutgoingMail) error {
	most := 1
	if m.Mode == dsr.MailDigest {
		most = dsr.MaxNotices
	}
	rows, err := t.QueryContext(ctx, `SELECT number, request_id, event, attempts, created_at, next_at FROM notices
		WHERE mailbox_id = ? AND state = 'waiting' ORDER BY number LIMIT ?`, box, most)
	if err != nil {
		return fmt.Errorf("read notices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n dsr.Notice
		var created, next int64
		if err := rows.Scan(&n.Number, &n.Request, &n.Event, &n.Attempts, &created, &next); err != nil {
			return fmt.Errorf("read notices: %w", err)
		}
		n.Since = t.mailAt(time.UnixMilli(created).UTC(), m.Mode)
		if len(m.Notices) == 0 {
			m.NextAt = time.UnixMilli(next).UTC()
		}
		m.Notices = append(m.Notices, n)
	}
	return rows.Err()
}

// Mailed puts a try on record. Without a failure the notices are delivered; otherwise they are
// tried again at again, or are dead if that is zero. A notice that has gone meanwhile,
// with its mailbox or its request, is none any more.
func (w *Work) Mailed(ctx context.Context, notices []dsr.Notice, failure string, again time.Time) error {
	state, again := stateAfter(failure, again)
	numbers := make([]int64, len(notices))
	for i, n := range notices {
		numbers[i] = n.Number
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return fmt.Errorf("encode notices: %w", err)
	}
	return w.step(ctx, func(t tx) error {
		ended := sql.NullInt64{Int64: t.now.UnixMilli(), Valid: state != dsr.DeliveryWaiting}
		_, err := t.ExecContext(ctx, `UPDATE notices SET state = ?, attempts = attempts + 1, next_at = ?, ended_at = ?, failure = ?
			WHERE number IN (SELECT value FROM json_each(?)) AND state = 'waiting'`, string(state), millis(again), ended, text(failure), string(list))
		if err != nil {
			return fmt.Errorf("log mail: %w", err)
		}
		return nil
	})
}

// MailReport implements ui.Service.
func (s *Store) MailReport(ctx context.Context) (r dsr.MailReport, err error) {
	err = s.view(ctx, func(t tx) error {
		if r.Notices, err = t.countStates(ctx, "notices"); err != nil {
			return err
		}
		r.Dead, err = t.deadNotices(ctx)
		return err
	})
	return r, err
}

func (t tx) deadNotices(ctx context.Context) (dead []dsr.MailFailure, err error) {
	rows, err := t.QueryContext(ctx, `SELECT n.number, n.request_id, n.event, n.attempts, p.login, n.failure, n.ended_at
		FROM notices n JOIN mailboxes m ON m.id = n.mailbox_id JOIN people p ON p.id = m.person
		WHERE n.state = 'dead' ORDER BY n.ended_at DESC, n.number DESC LIMIT ?`, dsr.MaxMailFailures)
	if err != nil {
		return nil, fmt.Errorf("read dead notices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f dsr.MailFailure
		var ended int64
		if err := rows.Scan(&f.Number, &f.Request, &f.Event, &f.Attempts, &f.Login, &f.Failure, &ended); err != nil {
			return nil, fmt.Errorf("read dead notices: %w", err)
		}
		f.EndedAt = time.UnixMilli(ended).UTC()
		dead = append(dead, f)
	}
	return dead, rows.Err()
}
