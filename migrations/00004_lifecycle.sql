-- +goose Up

-- How a request's life ends: the extension of its deadline, the legal hold that
-- keeps it, and when its archive became ready. The reasons are sealed under data_key.
ALTER TABLE requests ADD COLUMN extension_reason BLOB;
ALTER TABLE requests ADD COLUMN ready_at INTEGER;
ALTER TABLE requests ADD COLUMN hold_reason BLOB;
ALTER TABLE requests ADD COLUMN held_at INTEGER;
ALTER TABLE requests ADD COLUMN held_by TEXT;

-- What is left of a purged request. body is the text that signature is about.
CREATE TABLE receipts (
    request_id TEXT PRIMARY KEY REFERENCES requests (id),
    body       TEXT NOT NULL CHECK (body LIKE '{%}'),
    signature  TEXT NOT NULL CHECK (signature LIKE '-----BEGIN SSH SIGNATURE-----%'),
    created_at INTEGER NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER receipts_fixed BEFORE UPDATE ON receipts
BEGIN
    SELECT RAISE(ABORT, 'receipts do not change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER receipts_kept BEFORE DELETE ON receipts
BEGIN
    SELECT RAISE(ABORT, 'receipts are not deleted');
END;
-- +goose StatementEnd

-- One-time download links, by the SHA-256 of their token (128 random bits and more).
CREATE TABLE links (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    request_id TEXT NOT NULL REFERENCES requests (id),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE INDEX links_by_request ON links (request_id);

-- Who has read the log within the hour, who has begun a download.
CREATE INDEX audit_events_by_actor ON audit_events (actor, kind, at);

-- +goose Down
DROP INDEX audit_events_by_actor;
DROP TABLE links;
DROP TABLE receipts;
ALTER TABLE requests DROP COLUMN held_by;
ALTER TABLE requests DROP COLUMN held_at;
ALTER TABLE requests DROP COLUMN hold_reason;
ALTER TABLE requests DROP COLUMN ready_at;
ALTER TABLE requests DROP COLUMN extension_reason;
