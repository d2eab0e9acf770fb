package store

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

const requestColumns = `id, coalesce(reference, ''), status, complete, data_key, selectors, notes, sources, window_start, window_end,
	received_at, due_at, answered_at, as_of, language, created_at, created_by, updated_at, coalesce(error_code, ''),
	coalesce(error_detail, ''), coalesce(archive_name, ''), coalesce(prior_name, ''), archive_size, archive_sha256, archive_expires_at, downloads, conversations, messages, near_misses,
	extension_reason, hold_reason, held_at, coalesce(held_by, ''), presentation, warnings,
	version, prior_size, prior_sha256, prior_expires_at, prior_downloads,
	coalesce(answer_outcome, ''), coalesce(answer_told_on, ''), answer_note, decision_note, reopen_reason, regime, extended_by, repackaging, repackaging_failed, mode, coalesce(held, 'null'),
	callback_url, labels, coalesce(assignee, ''), coalesce(channel, ''), identity, withheld_changes, archive_withheld <> withheld_changes, ` + withheldCounts + `,
	(SELECT json_group_array(json_object('Reason', reason, 'AskedOn', asked_on, 'AnsweredOn', coalesce(answered_on, '')) ORDER BY asked_on, answered_on IS NULL) FROM pauses WHERE request_id = requests.id)`

// withheldCounts is a column of how much a request withholds: what lies within something else
// that is withheld does not count.
const withheldCounts = `(SELECT json_object(
		'conversations', count(*) FILTER (WHERE w.kind = 'conversation'),
		'messages', count(*) FILTER (WHERE w.kind = 'message' AND NOT EXISTS (` + withinConversation + `)),
		'passages', count(*) FILTER (WHERE w.kind = 'passage' AND NOT EXISTS (` + withinConversation + `) AND NOT EXISTS (` + withinMessage + `)))
	FROM withheld w WHERE w.request_id = requests.id)`

const (
	withinConversation = `SELECT 1 FROM withheld o WHERE o.request_id = w.request_id AND o.kind = 'conversation' AND o.conversation_key = w.conversation_key`
	withinMessage      = `SELECT 1 FROM withheld o WHERE o.request_id = w.request_id AND o.kind = 'message' AND o.message_key = w.message_key`
)

// paused selects the requests whose clock rests.
const paused = `EXISTS (SELECT 1 FROM pauses p WHERE p.request_id = requests.id AND p.answered_on IS NULL)`

// requestRow is one row of requestColumns.
type requestRow struct {
	r                      dsr.Request // what is taken over as it stands
	found                  dsr.Result
	dataKey                []byte
	sealed                 sealedRequest
	sources, presentation  string
	pauses, labels, counts string // JSON
	withheld               string // likewise
	complete               sql.NullBool

	start, end, answered, asOf, held sql.NullInt64
	received, due, created, updated  int64
	heldBy, code, detail             string
	answer                           dsr.Answer

	archive, prior archiveColumns
}

// archiveColumns are those of one archive.
type archiveColumns struct {
	size, expires sql.NullInt64
	sum           []byte
	downloads     int64
	file          string
}

// info is the archive, nil when there is none.
func (c archiveColumns) info() *dsr.ArchiveInfo {
	if !c.size.Valid {
		return nil
	}
	return &dsr.ArchiveInfo{Size: c.size.Int64, SHA256: hex.EncodeToString(c.sum), ExpiresAt: fromMillis(c.expires), Downloads: c.downloads, File: c.file}
}

func (q *requestRow) scan(row interface{ Scan(...any) error }) error {
	r, a, p := &q.r, &q.archive, &q.prior
	return row.Scan(&r.ID, &r.Reference, &r.Status, &q.complete, &q.dataKey, &q.sealed.selectors, &q.sealed.notes, &q.sources, &q.start, &q.end,
		&q.received, &q.due, &q.answered, &q.asOf, &r.Language, &q.created, &r.CreatedBy, &q.updated, &q.code, &q.detail,
		&a.file, &p.file, &a.size, &a.sum, &a.expires, &a.downloads, &q.found.Conversations, &q.found.Messages, &q.found.NearMisses,
		&q.sealed.extension, &q.sealed.hold, &q.held, &q.heldBy, &q.presentation, &q.sealed.warnings,
		&r.Version, &p.size, &p.sum, &p.expires, &p.downloads,
		&q.answer.Outcome, &q.answer.ToldOn, &q.sealed.answer, &q.sealed.decision, &q.sealed.reopen, &r.Regime, &r.ExtendedSoFar, &r.Repackaging, &r.RepackagingFailed, &r.Mode, &q.counts,
		&q.sealed.callback, &q.labels, &r.Assignee, &r.Channel, &q.sealed.identity, &r.WithheldChanges, &r.Outdated, &q.withheld, &q.pauses)
}

// scanRequest reads one row of requestColumns and unseals it.
func (t tx) scanRequest(row interface{ Scan(...any) error }) (dsr.Request, error) {
	var q requestRow
	if err := q.scan(row); err != nil {
		return dsr.Request{}, err
	}
	q.times()
	q.outcome()
	if err := q.decode(); err != nil {
		return q.r, err
	}
	q.r.DueBecause = t.s.opts.Deadlines.Because(q.r)
	return q.r, t.unsealRequest(&q.r, q.dataKey, q.sealed)
}

func (q *requestRow) times() {
	r := &q.r
	r.Window = dsr.Window{Start: fromMillis(q.start), End: fromMillis(q.end)}
	r.ReceivedAt, r.DueAt = time.UnixMilli(q.received).UTC(), time.UnixMilli(q.due).UTC()
	r.CreatedAt, r.UpdatedAt = time.UnixMilli(q.created).UTC(), time.UnixMilli(q.updated).UTC()
	r.AnsweredAt, r.AsOf = fromMillis(q.answered), fromMillis(q.asOf)
	if q.answered.Valid {
		r.Answer = &q.answer
	}
	if q.held.Valid {
		r.Hold = &dsr.Hold{Since: fromMillis(q.held), By: q.heldBy}
	}
}

func (q *requestRow) outcome() {
	r := &q.r
	if q.code != "" {
		r.Problem = &dsr.Problem{Code: q.code, Detail: q.detail}
	}
	q.found.Archive = q.archive.info()
	if q.complete.Valid {
		r.Complete, r.Result = &q.complete.Bool, &q.found
	}
	r.Released = q.prior.info()
	if r.Status == dsr.Ready {
		r.Released = q.found.Archive
	}
}

// noLabels are the labels of a request that has none, as they are stored.
const noLabels = "{}"

func (q *requestRow) decode() error {
	if err := json.Unmarshal([]byte(q.sources), &q.r.Sources); err != nil {
		return fmt.Errorf("decode sources of %s: %w", q.r.ID, err)
	}
	if err := json.Unmarshal([]byte(q.pauses), &q.r.Pauses); err != nil {
		return fmt.Errorf("decode pauses of %s: %w", q.r.ID, err)
	}
	if err := json.Unmarshal([]byte(q.withheld), &q.r.Withheld); err != nil {
		return fmt.Errorf("decode what is withheld of %s: %w", q.r.ID, err)
	}
	if q.labels != noLabels {
		if err := json.Unmarshal([]byte(q.labels), &q.r.Labels); err != nil {
			return fmt.Errorf("decode labels of %s: %w", q.r.ID, err)
		}
	}
	if err := json.Unmarshal([]byte(q.presentation), &q.r.Presentation); err != nil {
		return fmt.Errorf("decode presentation of %s: %w", q.r.ID, err)
	}
	if err := json.Unmarshal([]byte(q.counts), &q.found.Held); err != nil {
		return fmt.Errorf("decode what is held of %s: %w", q.r.ID, err)
	}
	return nil
}

// sealedRequest holds the columns of a request that only its data key opens.
type sealedRequest struct{ selectors, notes, extension, hold, warnings, answer, decision, reopen, identity, callback []byte }

func (t tx) unsealRequest(r *dsr.Request, dataKey []byte, sealed sealedRequest) error {
	if dataKey == nil {
		return nil // purged: nothing is left to open
	}
	data, err := t.s.master.Unwrap(requestPlace("data_key", r.ID), dataKey)
	if err != nil {
		return err
	}
	if t.keys != nil {
		t.keys[r.ID] = data
	}
	if err := data.OpenJSON(requestPlace("selectors", r.ID), sealed.selectors, &r.Selectors); err != nil {
		return err
	}
	if err := data.OpenJSON(requestPlace("warnings", r.ID), sealed.warnings, &r.Warnings); err != nil {
		return err
	}
	if err := data.OpenJSON(requestPlace("identity", r.ID), sealed.identity, &r.Identity); err != nil {
		return err
	}
	texts := []sealedText{{"notes", sealed.notes, &r.Notes}, {"extension_reason", sealed.extension, &r.ExtensionReason},
		{"callback_url", sealed.callback, &r.CallbackURL}, {"decision_note", sealed.decision, &r.DecisionNote}, {"reopen_reason", sealed.reopen, &r.ReopenReason}}
	if r.Answer != nil {
		texts = append(texts, sealedText{"answer_note", sealed.answer, &r.Answer.Note})
	}
	if r.Hold != nil {
		texts = append(texts, sealedText{"hold_reason", sealed.hold, &r.Hold.Reason})
	}
	for _, text := range texts {
		plain, err := data.Open(requestPlace(text.column, r.ID), text.sealed)
		if err != nil {
			return err
		}
		*text.into = string(plain)
	}
	return nil
}

// sealedText is one sealed column of text and where it goes.
type sealedText struct {
	column string
	sealed []byte
	into   *string
}

func requestPlace(column, id string) seal.Place { return seal.At("requests", column, id) }

// everyRow is true; SQLite takes an index only for a condition on its first column.
const everyRow = `due_at >= 0`
