-- +goose Up

-- The files that the messages of a request refer to, by source and address.
-- address_key is the HMAC of the address under the request's key. detail is what is known
-- of a fetched file, with what opens it; its bytes are the file file_name in the archive
-- folder, named in archive_files. size is clear because the limit of a request is decided
-- on it.
CREATE TABLE attachments (
    id          INTEGER PRIMARY KEY,
    request_id  TEXT NOT NULL REFERENCES requests (id),
    source      TEXT NOT NULL,
    address_key BLOB NOT NULL,
    address     BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'fetched', 'missing')),
    reason      TEXT,
    size        INTEGER,
    file_name   TEXT UNIQUE,
    detail      BLOB,
    UNIQUE (request_id, source, address_key),
    CHECK ((state = 'missing') = (reason IS NOT NULL)),
    CHECK ((state = 'fetched') = (file_name IS NOT NULL)),
    CHECK ((state = 'fetched') = (detail IS NOT NULL)),
    CHECK ((state = 'fetched') = (size IS NOT NULL))
) STRICT;

CREATE INDEX attachments_in_line ON attachments (request_id, state, id);

-- The sources whose messages have been looked through for such files, in which run of the
-- request, and by which settings.
CREATE TABLE attachment_counts (
    request_id TEXT NOT NULL REFERENCES requests (id),
    source     TEXT NOT NULL,
    run        INTEGER NOT NULL,
    paths      TEXT NOT NULL CHECK (paths LIKE '[%]'), -- JSON array of texts
    fetch      INTEGER NOT NULL CHECK (fetch IN (0, 1)),
    PRIMARY KEY (request_id, source)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE attachment_counts;
DROP TABLE attachments;
