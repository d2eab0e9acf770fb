-- +goose Up

-- When somebody signed in last; of those before, what the log says.
ALTER TABLE people ADD COLUMN signed_in_at INTEGER;
UPDATE people SET signed_in_at = (SELECT max(at) FROM audit_events WHERE kind = 'user.signed_in' AND actor = people.id);

-- Who made an API token, and when it was used last, to the hour; of those before it is not known.
ALTER TABLE tokens ADD COLUMN created_by TEXT;
ALTER TABLE tokens ADD COLUMN used_at INTEGER;

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

-- The second factor of a sign-in: the secret of an authenticator app, sealed. A code is used
-- once: those of last_step and before are gone.
CREATE TABLE second_factors (
    person     TEXT PRIMARY KEY REFERENCES people (id),
    secret     BLOB NOT NULL,
    last_step  INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes for when the app is not at hand, by hash. One that was used is gone.
CREATE TABLE recovery_codes (
    person TEXT NOT NULL REFERENCES second_factors (person) ON DELETE CASCADE,
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (person, hash)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE invitations;
ALTER TABLE tokens DROP COLUMN used_at;
ALTER TABLE tokens DROP COLUMN created_by;
ALTER TABLE people DROP COLUMN signed_in_at;
