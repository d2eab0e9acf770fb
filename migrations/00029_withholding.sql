-- +goose Up

-- Who has read what was found, once per hour: one row, and one event in the audit log.
-- conversation is a keyed hash; that of the list of conversations is empty.
CREATE TABLE readings (
    request_id   TEXT NOT NULL REFERENCES requests (id),
    principal    TEXT NOT NULL,
    conversation BLOB NOT NULL,
    hour         INTEGER NOT NULL,
    PRIMARY KEY (request_id, principal, conversation, hour)
) STRICT, WITHOUT ROWID;

-- What archives of a request leave out. place (ids and the passage) and note are sealed; the
-- keys are keyed hashes, which tell what lies within something else that is withheld. A
-- passage without a message is one of the conversation's own record.
CREATE TABLE withheld (
    request_id       TEXT NOT NULL REFERENCES requests (id),
    number           INTEGER NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('conversation', 'message', 'passage')),
    conversation_key BLOB NOT NULL,
    message_key      BLOB,
    place            BLOB NOT NULL,
    reason           TEXT NOT NULL CHECK (reason IN ('other_person', 'wrong_person', 'secret', 'credentials', 'legal_privilege', 'other')),
    note             BLOB,
    created_at       INTEGER NOT NULL,
    created_by       TEXT NOT NULL,
    PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER withheld_fixed BEFORE UPDATE ON withheld
BEGIN
    SELECT RAISE(ABORT, 'what is withheld is undone, not changed');
END;
-- +goose StatementEnd

-- withheld_changes goes up with each change of what is withheld; archive_withheld is what it
-- was when the archive was made. While they differ the archive is outdated.
ALTER TABLE requests ADD COLUMN withheld_changes INTEGER NOT NULL DEFAULT 0 CHECK (withheld_changes >= 0);
ALTER TABLE requests ADD COLUMN archive_withheld INTEGER NOT NULL DEFAULT 0 CHECK (archive_withheld <= withheld_changes);

DROP TRIGGER requests_version;
-- +goose StatementBegin
CREATE TRIGGER requests_version AFTER UPDATE OF status, complete, received_at, due_at, extended_by, answered_at, answer_outcome,
    held_at, archive_sha256, prior_sha256, repackaging, repackaging_failed, withheld_changes,
    reference, regime, language, labels, assignee, channel, identity, selectors, sources, window_start, window_end ON requests
WHEN OLD.status IS NOT NEW.status OR OLD.complete IS NOT NEW.complete OR OLD.received_at IS NOT NEW.received_at OR OLD.due_at IS NOT NEW.due_at
  OR OLD.extended_by IS NOT NEW.extended_by OR OLD.answered_at IS NOT NEW.answered_at OR OLD.answer_outcome IS NOT NEW.answer_outcome
  OR OLD.held_at IS NOT NEW.held_at OR OLD.archive_sha256 IS NOT NEW.archive_sha256 OR OLD.prior_sha256 IS NOT NEW.prior_sha256
  OR OLD.repackaging IS NOT NEW.repackaging OR OLD.repackaging_failed IS NOT NEW.repackaging_failed OR OLD.withheld_changes IS NOT NEW.withheld_changes
  OR OLD.reference IS NOT NEW.reference
  OR OLD.regime IS NOT NEW.regime OR OLD.language IS NOT NEW.language OR OLD.labels IS NOT NEW.labels OR OLD.assignee IS NOT NEW.assignee
  OR OLD.channel IS NOT NEW.channel OR OLD.identity IS NOT NEW.identity OR OLD.selectors IS NOT NEW.selectors
  OR OLD.sources IS NOT NEW.sources OR OLD.window_start IS NOT NEW.window_start OR OLD.window_end IS NOT NEW.window_end
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER requests_version;
ALTER TABLE requests DROP COLUMN archive_withheld;
ALTER TABLE requests DROP COLUMN withheld_changes;
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
DROP TABLE withheld;
DROP TABLE readings;
