-- +goose Up

-- version goes up with everything that a person may decide about: If-Match names it.
ALTER TABLE requests ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- The archive that was released before the one that archive_* is about: it stays in
-- force until another is released. prior_identity is sealed under data_key.
ALTER TABLE requests ADD COLUMN prior_name TEXT;
ALTER TABLE requests ADD COLUMN prior_identity BLOB;
ALTER TABLE requests ADD COLUMN prior_size INTEGER;
ALTER TABLE requests ADD COLUMN prior_sha256 BLOB CHECK (length(prior_sha256) = 32);
ALTER TABLE requests ADD COLUMN prior_ready_at INTEGER;
ALTER TABLE requests ADD COLUMN prior_expires_at INTEGER;
ALTER TABLE requests ADD COLUMN prior_downloads INTEGER NOT NULL DEFAULT 0;

-- +goose StatementBegin
CREATE TRIGGER requests_version AFTER UPDATE OF status, complete, received_at, due_at, extended, answered_at, held_at, archive_sha256, prior_sha256 ON requests
WHEN OLD.status IS NOT NEW.status OR OLD.complete IS NOT NEW.complete OR OLD.received_at IS NOT NEW.received_at OR OLD.due_at IS NOT NEW.due_at
  OR OLD.extended IS NOT NEW.extended OR OLD.answered_at IS NOT NEW.answered_at OR OLD.held_at IS NOT NEW.held_at
  OR OLD.archive_sha256 IS NOT NEW.archive_sha256 OR OLD.prior_sha256 IS NOT NEW.prior_sha256
BEGIN
    UPDATE requests SET version = version + 1 WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- A link is for one archive, whatever the request has by then.
ALTER TABLE links ADD COLUMN archive_sha256 BLOB CHECK (length(archive_sha256) = 32);
UPDATE links SET archive_sha256 = (SELECT r.archive_sha256 FROM requests r WHERE r.id = links.request_id AND r.status = 'ready');

-- What somebody has downloaded of one archive: how often it counted, and how many bytes
-- of that are used up. After a broken transfer the caller may have less than was sent;
-- forgiven is how much was given back for that.
CREATE TABLE downloads (
    request_id     TEXT NOT NULL REFERENCES requests (id),
    archive_sha256 BLOB NOT NULL CHECK (length(archive_sha256) = 32),
    actor          TEXT NOT NULL,
    begun_at       INTEGER NOT NULL, -- when it last counted
    counted        INTEGER NOT NULL CHECK (counted > 0),
    bytes          INTEGER NOT NULL CHECK (bytes >= 0),
    forgiven       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (request_id, archive_sha256, actor)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE downloads;
ALTER TABLE links DROP COLUMN archive_sha256;
DROP TRIGGER requests_version;
ALTER TABLE requests DROP COLUMN prior_downloads;
ALTER TABLE requests DROP COLUMN prior_expires_at;
ALTER TABLE requests DROP COLUMN prior_ready_at;
ALTER TABLE requests DROP COLUMN prior_sha256;
ALTER TABLE requests DROP COLUMN prior_size;
ALTER TABLE requests DROP COLUMN prior_identity;
ALTER TABLE requests DROP COLUMN prior_name;
ALTER TABLE requests DROP COLUMN version;
