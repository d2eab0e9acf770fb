-- +goose Up

-- How far the search of a dump has come for one request. refused holds what in the
-- folder cannot be read at all, bytes is the size of all that can, for the progress.
CREATE TABLE dump_parts (
    request_id TEXT NOT NULL,
    source     TEXT NOT NULL,
    opened_at  INTEGER NOT NULL, -- of the part that the folder was listed for
    collecting INTEGER NOT NULL CHECK (collecting IN (0, 1)),
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    refused    TEXT NOT NULL DEFAULT '[]', -- JSON array of {code, detail}
    PRIMARY KEY (request_id, source),
    FOREIGN KEY (request_id, source) REFERENCES request_sources (request_id, source) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- One file of a dump, read once for every request in dump_file_requests. size,
-- modified_ns and inode are what it was at the first look. at is how much of its text
-- has been read and committed, taken how much of the file that took. hash is the state
-- of SHA-256 there, sealed under the source's key because it may hold bytes of records.
CREATE TABLE dump_files (
    id          INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('conversation', 'message')),
    name        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'done', 'failed')),
    at          INTEGER NOT NULL DEFAULT 0,
    taken       INTEGER NOT NULL DEFAULT 0,
    lines       INTEGER NOT NULL DEFAULT 0,
    records     INTEGER NOT NULL DEFAULT 0,
    first_ms    INTEGER,
    last_ms     INTEGER,
    hash        BLOB,
    sha256      BLOB CHECK (length(sha256) = 32),
    tally       TEXT NOT NULL DEFAULT '{}',
    faults      TEXT NOT NULL DEFAULT '[]', -- JSON array of {code, detail}
    unread      INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    CHECK ((state = 'done') = (sha256 IS NOT NULL)),
    CHECK (state <> 'failed' OR faults <> '[]')
) STRICT;

CREATE INDEX dump_files_in_line ON dump_files (source, kind, state, name);

CREATE TABLE dump_file_requests (
    file_id    INTEGER NOT NULL REFERENCES dump_files (id) ON DELETE CASCADE,
    request_id TEXT NOT NULL,
    source     TEXT NOT NULL,
    PRIMARY KEY (file_id, request_id),
    FOREIGN KEY (request_id, source) REFERENCES request_sources (request_id, source) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX dump_file_requests_by_request ON dump_file_requests (request_id, source);

-- +goose StatementBegin
CREATE TRIGGER dump_files_unneeded AFTER DELETE ON dump_file_requests
WHEN NOT EXISTS (SELECT 1 FROM dump_file_requests WHERE file_id = OLD.file_id)
BEGIN
    DELETE FROM dump_files WHERE id = OLD.file_id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE dump_file_requests;
DROP TABLE dump_files;
DROP TABLE dump_parts;
