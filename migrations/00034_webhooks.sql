-- +goose Up

-- Who is told of what happens to requests. An address may be as secret as the secret itself,
-- so both are sealed. The secret before a rotation signs too, until prior_until.
CREATE TABLE webhooks (
    id           TEXT PRIMARY KEY,
    url          BLOB NOT NULL,
    secret       BLOB NOT NULL,
    prior_secret BLOB,
    prior_until  INTEGER,
    events       TEXT NOT NULL CHECK (json_valid(events)), -- array of names
    active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    CHECK ((prior_secret IS NULL) = (prior_until IS NULL))
) STRICT, WITHOUT ROWID;

-- What one of them is told, in the order of number. The body has ids and codes alone. Without
-- a webhook it goes to the request's own callback_url; without a request it is a test.
CREATE TABLE deliveries (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    webhook_id TEXT REFERENCES webhooks (id) ON DELETE CASCADE,
    request_id TEXT REFERENCES requests (id),
    message_id TEXT NOT NULL,
    event      TEXT NOT NULL,
    body       TEXT NOT NULL CHECK (json_valid(body)),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at INTEGER NOT NULL,
    next_at    INTEGER, -- when it is tried, or tried again
    ended_at   INTEGER,
    status     INTEGER, -- of the latest answer
    failure    TEXT,    -- why the latest try failed, by code
    CHECK (webhook_id IS NOT NULL OR request_id IS NOT NULL),
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK (state <> 'dead' OR failure IS NOT NULL)
) STRICT;
CREATE INDEX deliveries_log ON deliveries (webhook_id, number);
CREATE INDEX deliveries_request ON deliveries (request_id, webhook_id, number);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- What is delivered or dead is no longer sent, but by a row of its own.
-- +goose StatementBegin
CREATE TRIGGER deliveries_ended_stays BEFORE UPDATE OF state ON deliveries
WHEN OLD.state <> 'waiting' AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'a delivery that has ended does not change');
END;
-- +goose StatementEnd

-- Of which deadlines it was told that they come near or have passed.
CREATE TABLE deadline_events (
    request_id TEXT NOT NULL REFERENCES requests (id),
    event      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    PRIMARY KEY (request_id, event, due_at)
) STRICT, WITHOUT ROWID;

-- Who is told of this request alone; sealed under its data key.
ALTER TABLE requests ADD COLUMN callback_url BLOB;

-- +goose Down
ALTER TABLE requests DROP COLUMN callback_url;
DROP TABLE deadline_events;
DROP TABLE deliveries;
DROP TABLE webhooks;
