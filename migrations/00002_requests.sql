-- +goose Up

-- One row a request. Selectors, notes and the archive's key are sealed under data_key,
-- which is itself wrapped by the master key; without it they are gone.
CREATE TABLE requests (
    id                 TEXT PRIMARY KEY,
    reference          TEXT UNIQUE CHECK (reference <> ''),
    status             TEXT NOT NULL CHECK (status IN
        ('queued', 'running', 'review', 'ready', 'rejected', 'expired', 'cancelled', 'failed', 'purged')),
    complete           INTEGER CHECK (complete IN (0, 1)),
    data_key           BLOB,
    selectors          BLOB,
    notes              BLOB,
    sources            TEXT NOT NULL, -- JSON array of names
    window_start       INTEGER,
    window_end         INTEGER,
    received_at        INTEGER NOT NULL,
    due_at             INTEGER NOT NULL,
    extended           INTEGER NOT NULL DEFAULT 0 CHECK (extended IN (0, 1)),
    answered_at        INTEGER,
    as_of              INTEGER,
    language           TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT NOT NULL,
    updated_at         INTEGER NOT NULL,
    run                INTEGER NOT NULL DEFAULT 1,
    error_code         TEXT,
    error_detail       TEXT,
    archive_name       TEXT,
    archive_identity   BLOB,
    archive_size       INTEGER,
    archive_sha256     BLOB,
    archive_expires_at INTEGER,
    downloads          INTEGER NOT NULL DEFAULT 0,
    conversations      INTEGER NOT NULL DEFAULT 0,
    messages           INTEGER NOT NULL DEFAULT 0,
    CHECK (status NOT IN ('running', 'review', 'ready', 'expired', 'rejected') OR as_of IS NOT NULL),
    CHECK (status NOT IN ('review', 'ready') OR (complete IS NOT NULL AND archive_name IS NOT NULL)),
    CHECK (status <> 'purged' OR data_key IS NULL)
) STRICT;

CREATE INDEX requests_by_time ON requests (created_at DESC, id DESC);
CREATE INDEX requests_by_status ON requests (status);

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

-- How far the search of one source for one request has come. want_* is the stretch
-- of the timeline to read (Unix seconds), margin already added.
CREATE TABLE request_sources (
    request_id TEXT NOT NULL REFERENCES requests (id),
    source     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    want_start INTEGER NOT NULL,
    want_end   INTEGER NOT NULL,
    margin_ms  INTEGER NOT NULL,
    complete   INTEGER CHECK (complete IN (0, 1)),
    reasons    TEXT NOT NULL DEFAULT '[]', -- JSON array of {code, detail}
    tally      TEXT NOT NULL DEFAULT '{}', -- JSON: calls, retries, anomalies of the message calls
    opened_at  INTEGER NOT NULL,
    ended_at   INTEGER,
    PRIMARY KEY (request_id, source),
    CHECK ((state = 'ended') = (complete IS NOT NULL)),
    CHECK (complete IS NULL OR (complete = 1) = (reasons = '[]'))
) STRICT;

-- A range is one chain of pages: conversations of a source, shared by every request
-- in range_requests, or the messages of one conversation for one request. The cursor
-- is sealed under the source's own key, or for messages under the request's.
CREATE TABLE ranges (
    id              INTEGER PRIMARY KEY,
    source          TEXT NOT NULL,
    endpoint        TEXT NOT NULL CHECK (endpoint IN ('conversations', 'messages')),
    conversation_id BLOB,
    start_s         INTEGER NOT NULL,
    end_s           INTEGER NOT NULL CHECK (end_s >= start_s),
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'done', 'failed')),
    cursor          BLOB,
    per_page        INTEGER NOT NULL CHECK (per_page > 0),
    restarts        TEXT NOT NULL DEFAULT '{}', -- JSON: cause -> how often begun again
    pages           INTEGER NOT NULL DEFAULT 0,
    records         INTEGER NOT NULL DEFAULT 0,
    first_ms        INTEGER,
    last_ms         INTEGER,
    longest_ms      INTEGER NOT NULL DEFAULT 0,
    chain           BLOB,
    tally           TEXT NOT NULL DEFAULT '{}',
    reason          TEXT, -- JSON {code, detail} of a failed range
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    CHECK ((endpoint = 'messages') = (conversation_id IS NOT NULL)),
    CHECK ((state = 'failed') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX ranges_open ON ranges (source, endpoint) WHERE state IN ('waiting', 'reading');

CREATE TABLE range_requests (
    range_id   INTEGER NOT NULL REFERENCES ranges (id) ON DELETE CASCADE,
    request_id TEXT NOT NULL REFERENCES requests (id),
    PRIMARY KEY (range_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX range_requests_by_request ON range_requests (request_id);

-- A part whose request asks for conversation ids only has a row for each: its messages
-- are asked for first, and the search ends once every conversation has been seen.
-- id_key equals records.conversation_key. dropped: the vendor does not know the id.
CREATE TABLE part_ids (
    request_id TEXT NOT NULL,
    source     TEXT NOT NULL,
    id_key     BLOB NOT NULL,
    from_s     INTEGER NOT NULL,
    seen       INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1)),
    dropped    INTEGER NOT NULL DEFAULT 0 CHECK (dropped IN (0, 1)),
    PRIMARY KEY (request_id, source, id_key),
    FOREIGN KEY (request_id, source) REFERENCES request_sources (request_id, source) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What was found. vendor_key and conversation_key are HMACs under the request's key:
-- equality without the value. sort_ns and seen_ns are Unix nanoseconds from the record
-- (start or time; last activity), because vendors send fractions and order depends on them.
CREATE TABLE records (
    id               INTEGER PRIMARY KEY,
    request_id       TEXT NOT NULL REFERENCES requests (id),
    source           TEXT NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('conversation', 'message')),
    vendor_key       BLOB NOT NULL,
    conversation_key BLOB NOT NULL,
    sort_ns          INTEGER,
    seen_ns          INTEGER,
    vendor_id        BLOB NOT NULL,
    body             BLOB NOT NULL,
    why              BLOB,
    UNIQUE (request_id, source, kind, vendor_key)
) STRICT;

CREATE INDEX records_by_conversation ON records (request_id, source, kind, conversation_key);

-- What is known of a source as a whole, so that patience outlives a restart.
CREATE TABLE source_states (
    source        TEXT PRIMARY KEY,
    last_good_at  INTEGER,
    snoozed_until INTEGER,
    snoozes       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE source_keys (
    source   TEXT PRIMARY KEY,
    data_key BLOB NOT NULL
) STRICT;

-- API tokens, by the SHA-256 of the secret (32 characters or more, so no salt).
CREATE TABLE tokens (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('requester', 'approver', 'auditor', 'admin')),
    hash       BLOB NOT NULL UNIQUE,
    bootstrap  INTEGER NOT NULL CHECK (bootstrap IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE views (
    request_id TEXT NOT NULL REFERENCES requests (id),
    principal  TEXT NOT NULL,
    hour       INTEGER NOT NULL,
    PRIMARY KEY (request_id, principal, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    principal  TEXT NOT NULL,
    key_hash   BLOB NOT NULL,
    route      TEXT NOT NULL,
    body_mac   BLOB NOT NULL,
    request_id TEXT NOT NULL REFERENCES requests (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key_hash)
) STRICT, WITHOUT ROWID;

-- The audit log: leaves of a Merkle tree and the tree's stored hashes.
CREATE TABLE audit_events (
    idx        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    request_id TEXT,
    leaf       BLOB NOT NULL
) STRICT;

CREATE INDEX audit_events_by_request ON audit_events (request_id, idx);

CREATE TABLE audit_hashes (
    idx  INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_events_fixed BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events do not change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_events_kept BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are not deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_fixed BEFORE UPDATE ON audit_hashes
BEGIN
    SELECT RAISE(ABORT, 'audit hashes do not change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_kept BEFORE DELETE ON audit_hashes
BEGIN
    SELECT RAISE(ABORT, 'audit hashes are not deleted');
END;
-- +goose StatementEnd

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- +goose Down
DROP TABLE meta;
DROP TABLE audit_hashes;
DROP TABLE audit_events;
DROP TABLE idempotency_keys;
DROP TABLE views;
DROP TABLE tokens;
DROP TABLE source_keys;
DROP TABLE source_states;
DROP TABLE records;
DROP TABLE part_ids;
DROP TABLE range_requests;
DROP TABLE ranges;
DROP TABLE request_sources;
DROP TABLE requests;
