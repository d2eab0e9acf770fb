-- +goose Up

-- Forms that somebody has begun to fill in. Each body is sealed under a key of its own, which
-- goes with it: when it is sent in, after a day, or with the request that it was made from
-- (request_id). One that was sent in has no body, and request_id is what became of it.
CREATE TABLE drafts (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    data_key   BLOB,
    body       BLOB,
    request_id TEXT REFERENCES requests (id),
    expires_at INTEGER NOT NULL,
    CHECK ((body IS NULL) = (data_key IS NULL)),
    CHECK (body IS NOT NULL OR request_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX drafts_owner ON drafts (owner, expires_at);
CREATE INDEX drafts_request ON drafts (request_id);

-- Which requests ask for the same value: keyed hashes, so that none has to be opened.
CREATE TABLE asked_values (
    value_key  BLOB NOT NULL,
    request_id TEXT NOT NULL REFERENCES requests (id),
    PRIMARY KEY (value_key, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX asked_values_request ON asked_values (request_id);

-- SQL cannot open what was asked for before; the next start enters it and deletes this row.
INSERT INTO meta (name, value)
    SELECT 'asked_values', x'' WHERE EXISTS (SELECT 1 FROM requests WHERE data_key IS NOT NULL) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM meta WHERE name = 'asked_values';
DROP TABLE asked_values;
DROP TABLE drafts;
