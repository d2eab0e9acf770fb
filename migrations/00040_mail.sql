-- +goose Up

-- Who of the staff wants mail, where to, in which language, and each notice by itself or all of
-- a day together. The address is sealed.
CREATE TABLE mailboxes (
    id       TEXT PRIMARY KEY,
    person   TEXT NOT NULL UNIQUE REFERENCES people (id),
    address  BLOB NOT NULL,
    mode     TEXT NOT NULL CHECK (mode IN ('each', 'digest')),
    language TEXT NOT NULL CHECK (language IN ('en', 'de'))
) STRICT, WITHOUT ROWID;

-- What they are to be told, in the order of number: an id and a code alone.
CREATE TABLE notices (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    request_id TEXT NOT NULL REFERENCES requests (id),
    event      TEXT NOT NULL CHECK (event IN ('assigned', 'review', 'due_soon', 'overdue')),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at INTEGER NOT NULL,
    next_at    INTEGER, -- when it is sent, or tried again
    ended_at   INTEGER,
    failure    TEXT,    -- why the latest try failed, by code
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK (state <> 'dead' OR failure IS NOT NULL)
) STRICT;
CREATE INDEX notices_mailbox ON notices (mailbox_id, state, number);
CREATE INDEX notices_request ON notices (request_id);
CREATE INDEX notices_ended ON notices (ended_at) WHERE ended_at IS NOT NULL;

-- Whoever may no longer come in is told nothing more.
-- +goose StatementBegin
CREATE TRIGGER people_disabled_are_told_nothing AFTER UPDATE OF disabled ON people
WHEN NEW.disabled = 1
BEGIN
    DELETE FROM notices WHERE state = 'waiting' AND mailbox_id = (SELECT id FROM mailboxes WHERE person = NEW.id);
END;
-- +goose StatementEnd

-- When a webhook's receiver answered that it wants no more (410), which has switched it off.
ALTER TABLE webhooks ADD COLUMN gone_at INTEGER;

-- +goose Down
ALTER TABLE webhooks DROP COLUMN gone_at;
DROP TRIGGER people_disabled_are_told_nothing;
DROP TABLE notices;
DROP TABLE mailboxes;
