-- +goose Up

-- INSERT OR REPLACE deletes what is in its way, and asks no trigger for DELETE: what is
-- only appended says so itself.
-- +goose StatementBegin
CREATE TRIGGER audit_events_appended BEFORE INSERT ON audit_events
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM audit_events)
BEGIN
    SELECT RAISE(ABORT, 'audit events are appended');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_appended BEFORE INSERT ON audit_hashes
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM audit_hashes)
BEGIN
    SELECT RAISE(ABORT, 'audit hashes are appended');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER receipts_once BEFORE INSERT ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE request_id = NEW.request_id)
BEGIN
    SELECT RAISE(ABORT, 'a request has one receipt');
END;
-- +goose StatementEnd

-- A request's row outlives its purge, and people are disabled.
-- +goose StatementBegin
CREATE TRIGGER requests_kept BEFORE DELETE ON requests
BEGIN
    SELECT RAISE(ABORT, 'requests are not deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER requests_once BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE id = NEW.id OR reference = NEW.reference)
BEGIN
    SELECT RAISE(ABORT, 'there is such a request');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_kept BEFORE DELETE ON people
BEGIN
    SELECT RAISE(ABORT, 'people are disabled, not deleted');
END;
-- +goose StatementEnd

-- The log says from now on how the rows stand that it is about. Those that are there
-- already are put on record by the next start, which deletes this row.
INSERT INTO meta (name, value)
    SELECT 'note_rows', x'' WHERE EXISTS (SELECT 1 FROM audit_events) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM meta WHERE name = 'note_rows';
DROP TRIGGER people_kept;
DROP TRIGGER requests_once;
DROP TRIGGER requests_kept;
DROP TRIGGER receipts_once;
DROP TRIGGER audit_hashes_appended;
DROP TRIGGER audit_events_appended;
