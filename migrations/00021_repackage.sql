-- +goose Up

-- An archive that is lost, damaged or expired is packaged again from what is sealed. 1: that
-- was asked for and has not ended.
ALTER TABLE requests ADD COLUMN repackaging INTEGER NOT NULL DEFAULT 0 CHECK (repackaging IN (0, 1));

-- The same bytes are in force again; others have to be looked at.
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

-- +goose Down
DROP TRIGGER requests_status_moves;
-- +goose StatementBegin
CREATE TRIGGER requests_status_moves BEFORE UPDATE OF status ON requests
WHEN OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN (
    'queued>running', 'queued>cancelled', 'queued>failed', 'queued>purged',
    'running>review', 'running>ready', 'running>cancelled', 'running>failed', 'running>purged',
    'review>queued', 'review>ready', 'review>rejected', 'review>purged',
    'ready>queued', 'ready>expired', 'ready>purged',
    'failed>queued', 'failed>purged',
    'rejected>purged', 'expired>purged', 'cancelled>purged')
BEGIN
    SELECT RAISE(ABORT, 'a request cannot move this way');
END;
-- +goose StatementEnd
ALTER TABLE requests DROP COLUMN repackaging;
