-- +goose Up

-- Whatever is read is a unit: a chain of pages over an interval, or a file. It is read
-- once for every request in unit_requests. Units of messages that were asked for by the
-- id of what they belong to have a query. cursor, query_id and hash are sealed: under the
-- request's key where there is a query, else under the source's. hash is the state of
-- SHA-256 amid a file, which may hold bytes of records.
CREATE TABLE units (
    id         INTEGER PRIMARY KEY,
    source     TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('pages', 'file')),
    endpoint   TEXT NOT NULL CHECK (endpoint IN ('conversations', 'messages')),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'done', 'failed')),
    restarts   TEXT NOT NULL DEFAULT '{}', -- JSON: cause -> how often begun again

    -- Of pages. verify_* is set while the end of a chain is verified: in which interval,
    -- and whether reading it completes the unit.
    start_s          INTEGER,
    end_s            INTEGER,
    per_page         INTEGER CHECK (per_page > 0),
    query_kind       TEXT CHECK (query_kind IN ('conversation', 'utterance')),
    query_id         BLOB,
    cursor           BLOB,
    verify_start     INTEGER,
    verify_end       INTEGER,
    verify_completes INTEGER CHECK (verify_completes IN (0, 1)),

    -- Of a file: what it was at the first look, how much of its text has been read and
    -- committed, and how much of the file that took.
    name        TEXT,
    size        INTEGER,
    modified_ns INTEGER,
    inode       INTEGER,
    text_offset INTEGER NOT NULL DEFAULT 0,
    taken       INTEGER NOT NULL DEFAULT 0,
    lines       INTEGER NOT NULL DEFAULT 0,
    hash        BLOB,
    sha256      BLOB CHECK (length(sha256) = 32),

    pages      INTEGER NOT NULL DEFAULT 0,
    records    INTEGER NOT NULL DEFAULT 0,
    first_ms   INTEGER,
    last_ms    INTEGER,
    longest_ms INTEGER NOT NULL DEFAULT 0,
    chain      BLOB,
    tally      TEXT NOT NULL DEFAULT '{}',
    faults     TEXT NOT NULL DEFAULT '[]', -- JSON array of {code, detail}
    unread     INTEGER NOT NULL DEFAULT 0, -- records that could not be read
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,

    -- Until the values that were sealed for an older table are sealed anew for this one:
    -- their row there.
    old_id INTEGER,

    CHECK ((kind = 'pages') = (start_s IS NOT NULL AND end_s IS NOT NULL AND per_page IS NOT NULL)),
    CHECK (kind = 'file' OR end_s >= start_s),
    CHECK ((kind = 'file') = (name IS NOT NULL AND size IS NOT NULL AND modified_ns IS NOT NULL AND inode IS NOT NULL)),
    CHECK ((query_id IS NULL) = (query_kind IS NULL)),
    CHECK ((kind = 'pages' AND endpoint = 'messages') = (query_id IS NOT NULL)),
    CHECK ((verify_start IS NULL) = (verify_end IS NULL) AND (verify_start IS NULL) = (verify_completes IS NULL)),
    CHECK (state <> 'failed' OR faults <> '[]'),
    CHECK (kind = 'pages' OR (state = 'done') = (sha256 IS NOT NULL))
) STRICT;

CREATE INDEX units_open ON units (source, endpoint, state, name) WHERE state IN ('waiting', 'reading');

CREATE TABLE unit_requests (
    unit_id    INTEGER NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    request_id TEXT NOT NULL,
    source     TEXT NOT NULL,
    PRIMARY KEY (unit_id, request_id),
    FOREIGN KEY (request_id, source) REFERENCES request_sources (request_id, source) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX unit_requests_by_request ON unit_requests (request_id, source);

-- stage: what the search of the source is at; unplanned until its units are known.
-- refused: what there is and cannot be read at all. bytes: of all files of the source.
ALTER TABLE request_sources ADD COLUMN stage TEXT NOT NULL DEFAULT 'conversations' CHECK (stage IN ('unplanned', 'conversations', 'messages'));
ALTER TABLE request_sources ADD COLUMN refused TEXT NOT NULL DEFAULT '[]';
ALTER TABLE request_sources ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;

-- Work under way is carried over. A file of a dump that had been read before goes on;
-- what the search of a dump had put in line stays there.
INSERT INTO units (id, source, kind, endpoint, state, restarts, start_s, end_s, per_page, query_kind, query_id, cursor,
        pages, records, first_ms, last_ms, longest_ms, chain, tally, faults, created_at, ended_at, old_id)
    SELECT id, source, 'pages', endpoint, state, restarts, start_s, end_s, per_page, CASE endpoint WHEN 'messages' THEN 'conversation' END, conversation_id, cursor,
        pages, records, first_ms, last_ms, longest_ms, chain, tally, CASE WHEN reason IS NULL THEN '[]' ELSE json_array(json(reason)) END, created_at, ended_at, id
    FROM ranges;
INSERT INTO unit_requests (unit_id, request_id, source)
    SELECT m.range_id, m.request_id, g.source FROM range_requests m JOIN ranges g ON g.id = m.range_id
    WHERE EXISTS (SELECT 1 FROM request_sources p WHERE p.request_id = m.request_id AND p.source = g.source);

INSERT INTO units (id, source, kind, endpoint, state, name, size, modified_ns, inode, text_offset, taken, lines, hash, sha256,
        records, first_ms, last_ms, tally, faults, unread, created_at, old_id)
    SELECT (SELECT coalesce(max(id), 0) FROM ranges) + id, source, 'file', kind || 's', state, name, size, modified_ns, inode, at, taken, lines, hash, sha256,
        records, first_ms, last_ms, tally, faults, unread, created_at, id
    FROM dump_files;
INSERT INTO unit_requests (unit_id, request_id, source)
    SELECT (SELECT coalesce(max(id), 0) FROM ranges) + file_id, request_id, source FROM dump_file_requests;

-- A dump has no timeline; a search that no unit is known of has to be planned again.
UPDATE request_sources SET want_start = 0, want_end = -1,
    stage = (SELECT CASE d.collecting WHEN 1 THEN 'messages' ELSE 'conversations' END FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source),
    refused = (SELECT d.refused FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source),
    bytes = (SELECT d.bytes FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source)
WHERE EXISTS (SELECT 1 FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source AND d.opened_at = request_sources.opened_at);
UPDATE request_sources SET stage = 'unplanned'
WHERE state = 'open' AND (
    NOT EXISTS (SELECT 1 FROM unit_requests m WHERE m.request_id = request_sources.request_id AND m.source = request_sources.source)
        AND NOT EXISTS (SELECT 1 FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source)
    OR EXISTS (SELECT 1 FROM dump_parts d WHERE d.request_id = request_sources.request_id AND d.source = request_sources.source AND d.opened_at <> request_sources.opened_at));

DELETE FROM units WHERE id NOT IN (SELECT unit_id FROM unit_requests);

DROP TABLE dump_file_requests;
DROP TABLE dump_files;
DROP TABLE dump_parts;
DROP TABLE range_requests;
DROP TABLE ranges;

-- +goose StatementBegin
CREATE TRIGGER units_unneeded AFTER DELETE ON unit_requests
WHEN NOT EXISTS (SELECT 1 FROM unit_requests WHERE unit_id = OLD.unit_id)
BEGIN
    DELETE FROM units WHERE id = OLD.unit_id;
END;
-- +goose StatementEnd

-- +goose Down
-- What has been read as units is not known to an older program, which reads it again.
DROP TABLE unit_requests;
DROP TABLE units;
ALTER TABLE request_sources DROP COLUMN bytes;
ALTER TABLE request_sources DROP COLUMN refused;
ALTER TABLE request_sources DROP COLUMN stage;

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
