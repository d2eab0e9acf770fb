package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// reportedAtOnce is how many requests are read in one transaction: whoever takes the
// report slowly must not keep an old state of the database from being let go.
const reportedAtOnce = 500

// Report implements api.Service. What is left of a purged request is in its row and its
// receipt.
func (s *Store) Report(ctx context.Context, by dsr.Principal, each func(dsr.ReportRow) error) error {
	if err := s.recordReadOf(ctx, by, audit.ReportRead); err != nil {
		return translate(err)
	}
	for after := ""; ; {
		rows, err := s.reportRows(ctx, ownerShown(by), after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(r); err != nil {
				return err
			}
		}
		if len(rows) < reportedAtOnce {
			return nil
		}
		after = rows[len(rows)-1].Request
	}
}

// reportRows reads the next ones by id, which is the order of submission; those of owner
// alone, unless that is "".
func (s *Store) reportRows(ctx context.Context, owner, after string) (out []dsr.ReportRow, err error) {
	err = s.view(ctx, func(t tx) error {
		rows, err := t.QueryContext(ctx, `
			SELECT id, status, regime, received_at, due_at, extended_by, coalesce(answer_told_on, ''), coalesce(answer_outcome, ''), complete, sources,
				coalesce(json_extract(c.body, '$.conversations'), conversations), coalesce(json_extract(c.body, '$.messages'), messages), c.created_at,
				(SELECT json_group_array(json_object('AskedOn', asked_on, 'AnsweredOn', coalesce(answered_on, ''))) FROM pauses WHERE request_id = requests.id)
			FROM requests LEFT JOIN receipts c ON c.request_id = id WHERE id > ?1 AND (?2 = '' OR created_by = ?2) ORDER BY id LIMIT ?3`, after, owner, reportedAtOnce)
		if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			r, err := t.scanReport(rows)
			if err != nil {
				return fmt.Errorf("read report: %w", err)
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

func (t tx) scanReport(rows *sql.Rows) (r dsr.ReportRow, err error) {
	var received, due int64
	var extended int
	var complete sql.NullBool
	var purged sql.NullInt64
	var sources, pauses string
	err = rows.Scan(&r.Request, &r.Status, &r.Regime, &received, &due, &extended, &r.ToldOn, &r.Outcome, &complete, &sources,
		&r.Conversations, &r.Messages, &purged, &pauses)
	if err != nil {
		return r, err
	}
	day := func(ms int64) dsr.Day { return t.s.opts.Deadlines.Day(time.UnixMilli(ms)) }
	r.Received, r.Due, r.Extended = day(received), day(due), extended > 0
	if complete.Valid {
		r.Complete = &complete.Bool
	}
	if purged.Valid {
		r.PurgedOn = day(purged.Int64)
		return r, nil
	}
	var rested []dsr.Pause
	if err := json.Unmarshal([]byte(pauses), &rested); err != nil {
		return r, err
	}
	days := dsr.Rested(rested)
	r.PausedDays = &days
	return r, json.Unmarshal([]byte(sources), &r.Sources)
}
