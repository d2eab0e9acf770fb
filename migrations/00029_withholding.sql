-- +goose Up

-- Who has read what was found, once per hour: one row, and one event in the audit log.
-- conversation is a keyed hash; that of the list of conversations is empty.
CREATE TABLE readings (
    request_id   TEXT NOT NULL REFERENCES requests (id),
    principal    TEXT NOT NULL,
    conversation BLOB NOT NULL,
    hour         INTEGER NOT NULL,
    PRIMARY KEY (request_id, principal, conversation, hour)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE readings;
