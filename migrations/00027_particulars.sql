-- +goose Up

-- A cancelled request, and a rejected one that has been answered, show their reference and
-- leave it to others. reference_in_use is the reference while nobody else may have it.
DROP TRIGGER requests_once;
ALTER TABLE requests RENAME COLUMN reference TO reference_in_use;
ALTER TABLE requests ADD COLUMN reference TEXT CHECK (reference <> '');
UPDATE requests SET reference = reference_in_use;
UPDATE requests SET reference_in_use = NULL WHERE status = 'cancelled' OR status = 'rejected' AND answered_at IS NOT NULL;
-- +goose StatementBegin
CREATE TRIGGER requests_once BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE id = NEW.id OR reference_in_use = NEW.reference)
BEGIN
    SELECT RAISE(ABORT, 'there is such a request');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER requests_reference_taken AFTER INSERT ON requests WHEN NEW.reference IS NOT NULL
BEGIN
    UPDATE requests SET reference_in_use = NEW.reference WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER requests_reference_kept AFTER UPDATE OF reference, status, answered_at ON requests
WHEN OLD.reference IS NOT NULL OR NEW.reference IS NOT NULL
BEGIN
    UPDATE requests SET reference_in_use = CASE
        WHEN NEW.status = 'cancelled' OR NEW.status = 'rejected' AND NEW.answered_at IS NOT NULL THEN NULL
        ELSE NEW.reference END WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- A request may be asked otherwise from every status in which nothing moves by itself.
DROP TRIGGER requests_status_moves;
-- +goose StatementBegin
CREATE TRIGGER requests_status_moves BEFORE UPDATE OF status ON requests
WHEN OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN (
    'queued>running', 'queued>cancelled', 'queued>failed', 'queued>purged',
    'running>review', 'running>ready', 'running>cancelled', 'running>failed', 'running>purged',
    'review>queued', 'review>ready', 'review>rejected', 'review>purged',
    'ready>queued', 'ready>review', 'ready>expired', 'ready>purged',
    'failed>queued', 'failed>purged',
    'expired>queued', 'expired>ready', 'expired>review', 'expired>purged',
    'rejected>queued', 'rejected>purged', 'cancelled>queued', 'cancelled>purged')
BEGIN
    SELECT RAISE(ABORT, 'a request cannot move this way');
END;
-- +goose StatementEnd

-- What staff keep about a request beside what is searched for. labels is a JSON object of
-- texts; identity says how it was checked who asks, and is sealed.
ALTER TABLE requests ADD COLUMN labels TEXT NOT NULL DEFAULT '{}' CHECK (labels LIKE '{%}');
ALTER TABLE requests ADD COLUMN assignee TEXT CHECK (assignee <> '');
ALTER TABLE requests ADD COLUMN channel TEXT CHECK (channel IN ('mail', 'phone', 'form', 'post', 'in_person', 'other'));
ALTER TABLE requests ADD COLUMN identity BLOB;

DROP TRIGGER requests_version;
-- +goose StatementBegin
CREATE TRIGGER requests_version AFTER UPDATE OF status, complete, received_at, due_at, extended_by, answered_at, answer_outcome,
    held_at, archive_sha256, prior_sha256, repackaging, repackaging_failed,
    reference, regime, language, labels, assignee, channel, identity, selectors, sources, window_start, window_end ON requests
WHEN OLD.status IS NOT NEW.status OR OLD.complete IS NOT NEW.complete OR OLD.received_at IS NOT NEW.received_at OR OLD.due_at IS NOT NEW.due_at
  OR OLD.extended_by IS NOT NEW.extended_by OR OLD.answered_at IS NOT NEW.answered_at OR OLD.answer_outcome IS NOT NEW.answer_outcome
  OR OLD.held_at IS NOT NEW.held_at OR OLD.archive_sha256 IS NOT NEW.archive_sha256 OR OLD.prior_sha256 IS NOT NEW.prior_sha256
  OR OLD.repackaging IS NOT NEW.repackaging OR OLD.repackaging_failed IS NOT NEW.repackaging_failed OR OLD.reference IS NOT NEW.reference
  OR OLD.regime IS NOT NEW.regime OR OLD.language IS NOT NEW.language OR OLD.labels IS NOT NEW.labels OR OLD.assignee IS NOT NEW.assignee
  OR OLD.channel IS NOT NEW.channel OR OLD.identity IS NOT NEW.identity OR OLD.selectors IS NOT NEW.selectors
  OR OLD.sources IS NOT NEW.sources OR OLD.window_start IS NOT NEW.window_start OR OLD.window_end IS NOT NEW.window_end
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- What staff wrote down during the work. Sealed; what is written stays as it is.
CREATE TABLE notes (
    id         TEXT PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id),
    text       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;

CREATE INDEX notes_of_request ON notes (request_id);
-- +goose StatementBegin
CREATE TRIGGER notes_fixed BEFORE UPDATE ON notes
BEGIN
    SELECT RAISE(ABORT, 'notes do not change');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE notes;
DROP TRIGGER requests_version;
ALTER TABLE requests DROP COLUMN identity;
ALTER TABLE requests DROP COLUMN channel;
ALTER TABLE requests DROP COLUMN assignee;
ALTER TABLE requests DROP COLUMN labels;
-- +goose StatementBegin
CREATE TRIGGER requests_version AFTER UPDATE OF status, complete, received_at, due_at, extended_by, answered_at, answer_outcome, held_at,
    archive_sha256, prior_sha256, repackaging, repackaging_failed ON requests
WHEN OLD.status IS NOT NEW.status OR OLD.complete IS NOT NEW.complete OR OLD.received_at IS NOT NEW.received_at OR OLD.due_at IS NOT NEW.due_at
  OR OLD.extended_by IS NOT NEW.extended_by OR OLD.answered_at IS NOT NEW.answered_at OR OLD.answer_outcome IS NOT NEW.answer_outcome
  OR OLD.held_at IS NOT NEW.held_at OR OLD.archive_sha256 IS NOT NEW.archive_sha256 OR OLD.prior_sha256 IS NOT NEW.prior_sha256
  OR OLD.repackaging IS NOT NEW.repackaging OR OLD.repackaging_failed IS NOT NEW.repackaging_failed
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.id;
END;
-- +goose StatementEnd
DROP TRIGGER requests_status_moves;
-- +goose StatementBegin
CREATE TRIGGER requests_status_moves BEFORE UPDATE OF status ON requests
WHEN OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN (
    'queued>running', 'queued>cancelled', 'queued>failed', 'queued>purged',
    'running>review', 'running>ready', 'running>cancelled', 'running>failed', 'running>purged',
    'review>queued', 'review>ready', 'review>rejected', 'review>purged',
    'ready>queued', 'ready>review', 'ready>expired', 'ready>purged',
    'failed>queued', 'failed>purged',
    'expired>ready', 'expired>review', 'expired>purged',
    'rejected>purged', 'cancelled>purged')
BEGIN
    SELECT RAISE(ABORT, 'a request cannot move this way');
END;
-- +goose StatementEnd
DROP TRIGGER requests_reference_kept;
DROP TRIGGER requests_reference_taken;
DROP TRIGGER requests_once;
UPDATE OR IGNORE requests SET reference_in_use = reference;
ALTER TABLE requests DROP COLUMN reference;
ALTER TABLE requests RENAME COLUMN reference_in_use TO reference;
-- +goose StatementBegin
CREATE TRIGGER requests_once BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE id = NEW.id OR reference = NEW.reference)
BEGIN
    SELECT RAISE(ABORT, 'there is such a request');
END;
-- +goose StatementEnd
