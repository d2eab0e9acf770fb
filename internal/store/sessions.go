package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Sessions keeps browser sessions; it has the methods that scs asks of a store. The
// token it is given must be a hash (scs: HashTokenInStore). Sessions are no events of
// a request, so they write no audit event; signing in and out do.
type Sessions struct{ s *Store }

// Sessions returns the session store.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx returns the session's data; one that has expired is not there.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	latest := x.s.clock.latest()
	err = x.s.r.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token_hash = ? AND ended = 0 AND expires_at > ? AND begun_at > ?`,
		token, latest.UnixMilli(), latest.Add(-dsr.SessionLifetime).UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	return data, true, nil
}

// remembered is how long an ended session is remembered as ended: longer than any
// call that could still store it.
const remembered = 24 * time.Hour

// CommitCtx stores the session until expiry, and forgets those that have expired. A
// session that has been ended meanwhile stays ended. All times are by the newest moment
// known, so that a clock which is set back prolongs nothing.
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	err := x.s.update(ctx, func(t tx) error {
		if _, err := t.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at <= ?`, t.latest.UnixMilli()); err != nil {
			return fmt.Errorf("forget expired sessions: %w", err)
		}
		_, err := t.ExecContext(ctx, `
			INSERT INTO sessions (token_hash, data, expires_at, begun_at) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (token_hash) DO UPDATE SET data = ?2, expires_at = ?3 WHERE ended = 0`,
			token, data, expiry.Add(t.latest.Sub(t.now)).UnixMilli(), t.latest.UnixMilli())
		if err != nil {
			return fmt.Errorf("store session: %w", err)
		}
		return nil
	})
	return translate(err)
}

// DeleteCtx ends the session; one that is not there has ended already.
func (x Sessions) DeleteCtx(ctx context.Context, token string) error {
	return translate(x.s.update(ctx, func(t tx) error { return t.endSession(ctx, token) }))
}

func (t tx) endSession(ctx context.Context, token string) error {
	_, err := t.ExecContext(ctx, `UPDATE sessions SET ended = 1, data = x'', expires_at = ? WHERE token_hash = ?`,
		t.latest.Add(remembered).UnixMilli(), token)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Live lists the sessions that have not ended, newest first. Whose they are, their data says.
func (x Sessions) Live(ctx context.Context) (live []dsr.Session, err error) {
	latest := x.s.clock.latest()
	rows, err := x.s.r.QueryContext(ctx, `SELECT token_hash, data, begun_at FROM sessions WHERE ended = 0 AND expires_at > ? AND begun_at > ? ORDER BY begun_at DESC`,
		latest.UnixMilli(), latest.Add(-dsr.SessionLifetime).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var v dsr.Session
		var begun sql.NullInt64
		if err := rows.Scan(&v.Key, &v.Data, &begun); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		v.BegunAt = fromMillis(begun)
		live = append(live, v)
	}
	return live, rows.Err()
}

// End ends sessions of a person at their wish, and puts that on record as a sign-out.
func (x Sessions) End(ctx context.Context, person string, keys []string) error {
	return translate(x.s.update(ctx, func(t tx) error {
		for _, key := range keys {
			if err := t.endSession(ctx, key); err != nil {
				return err
			}
		}
		return t.record(ctx, audit.Event{Kind: audit.SignedOut, Actor: person, Data: map[string]string{"elsewhere": strconv.Itoa(len(keys))}})
	}))
}

// Find is FindCtx without a context.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (x Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }
