-- +goose Up

-- Who signs in with a password kept here. epoch goes up whenever every session of
-- the person must end.
CREATE TABLE people (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE CHECK (login <> ''),
    name          TEXT NOT NULL CHECK (name <> ''),
    role          TEXT NOT NULL CHECK (role IN ('requester', 'approver', 'auditor', 'admin')),
    password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    epoch         INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    CHECK (id = 'user:' || login)
) STRICT;

-- Browser sessions by the hash of their token. data says who, since which epoch, and
-- one message of ours for the next page; nothing of a data subject. The row of a
-- session that was ended stays for a day, so that a call still under way cannot
-- bring it back.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    data       BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    ended      INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
    CHECK (ended = 0 OR length(data) = 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
DROP TABLE people;
