-- +goose Up

-- What a unit has shown of itself, a JSON object, and whether it only asks if the source
-- lists anything at all.
ALTER TABLE units ADD COLUMN shown TEXT NOT NULL DEFAULT '{}';
ALTER TABLE units ADD COLUMN probe INTEGER NOT NULL DEFAULT 0 CHECK (probe IN (0, 1));

-- Where the source had a record, which orders messages without a readable time; and how
-- many messages a conversation says it has, 0 if it does not say.
ALTER TABLE records ADD COLUMN place_unit TEXT NOT NULL DEFAULT '';
ALTER TABLE records ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;

-- Files of a folder that were not looked at: a JSON object {names, more}.
ALTER TABLE request_sources ADD COLUMN left_alone TEXT NOT NULL DEFAULT '{}';

-- Of each batch of a folder's file: the conversations that it lists and refers to, as keyed
-- hashes with the times of their messages; sealed under the source's key.
CREATE TABLE unit_links (
    id      INTEGER PRIMARY KEY,
    unit_id INTEGER NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    links   INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT;

CREATE INDEX unit_links_by_unit ON unit_links (unit_id);

-- +goose Down
DROP TABLE unit_links;
ALTER TABLE request_sources DROP COLUMN left_alone;
ALTER TABLE records DROP COLUMN counted;
ALTER TABLE records DROP COLUMN place;
ALTER TABLE records DROP COLUMN place_unit;
ALTER TABLE units DROP COLUMN probe;
ALTER TABLE units DROP COLUMN shown;
