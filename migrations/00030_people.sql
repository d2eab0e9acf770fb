-- +goose Up

-- When somebody signed in last; of those before, what the log says.
ALTER TABLE people ADD COLUMN signed_in_at INTEGER;
UPDATE people SET signed_in_at = (SELECT max(at) FROM audit_events WHERE kind = 'user.signed_in' AND actor = people.id);

-- Links with which people choose their own password, by the hash of the token. An open one
-- means that nobody knows the account's password. Those that have ended are kept for as long
-- as their makers may not decide about what the person submits (reset).
CREATE TABLE invitations (
    id         TEXT PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES people (id),
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    reset      INTEGER NOT NULL CHECK (reset IN (0, 1)),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX invitations_open ON invitations (person) WHERE ended_at IS NULL;

-- +goose Down
DROP TABLE invitations;
ALTER TABLE people DROP COLUMN signed_in_at;
