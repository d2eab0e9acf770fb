-- +goose Up

-- Who an identity provider says that somebody is. Issuer and subject tell people apart, never
-- a name or an address. withdrawn: the account is disabled because no group of theirs has a
-- role any more, and enabled once one has.
CREATE TABLE identities (
    person     TEXT PRIMARY KEY REFERENCES people (id),
    issuer     TEXT NOT NULL CHECK (issuer <> ''),
    subject    TEXT NOT NULL CHECK (subject <> ''),
    withdrawn  INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    created_at INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT;

-- +goose Down
DROP TABLE identities;
