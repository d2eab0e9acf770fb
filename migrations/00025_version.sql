-- +goose Up

-- 1: making the archive again was given up. A new attempt, or a new run, takes that back.
ALTER TABLE requests ADD COLUMN repackaging_failed INTEGER NOT NULL DEFAULT 0 CHECK (repackaging_failed IN (0, 1));

-- Whatever a request shows that a decision may depend on is another version of it. Whether
-- its deadline was extended is what extended_by says.
DROP TRIGGER requests_version;
ALTER TABLE requests DROP COLUMN extended;
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

-- A pause need not move the deadline at once.
-- +goose StatementBegin
CREATE TRIGGER pauses_begun AFTER INSERT ON pauses
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.request_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pauses_ended AFTER UPDATE ON pauses
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.request_id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER pauses_ended;
DROP TRIGGER pauses_begun;
DROP TRIGGER requests_version;
ALTER TABLE requests ADD COLUMN extended INTEGER NOT NULL DEFAULT 0 CHECK (extended IN (0, 1));
UPDATE requests SET extended = 1 WHERE extended_by > 0;
-- +goose StatementBegin
CREATE TRIGGER requests_version AFTER UPDATE OF status, complete, received_at, due_at, extended, answered_at, held_at, archive_sha256, prior_sha256 ON requests
WHEN OLD.status IS NOT NEW.status OR OLD.complete IS NOT NEW.complete OR OLD.received_at IS NOT NEW.received_at OR OLD.due_at IS NOT NEW.due_at
  OR OLD.extended IS NOT NEW.extended OR OLD.answered_at IS NOT NEW.answered_at OR OLD.held_at IS NOT NEW.held_at
  OR OLD.archive_sha256 IS NOT NEW.archive_sha256 OR OLD.prior_sha256 IS NOT NEW.prior_sha256
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.id;
END;
-- +goose StatementEnd
ALTER TABLE requests DROP COLUMN repackaging_failed;
