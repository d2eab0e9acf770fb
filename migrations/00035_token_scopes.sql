-- +goose Up

-- What confines a token to a part of its role's rights, separated by blanks, and its end; ''
-- and NULL: nothing does, there is none.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;

-- The secret before the last rotation, by hash, and until when it opens as well.
ALTER TABLE tokens ADD COLUMN former_hash BLOB CHECK (length(former_hash) = 32);
ALTER TABLE tokens ADD COLUMN former_until INTEGER CHECK ((former_until IS NULL) = (former_hash IS NULL));
CREATE UNIQUE INDEX tokens_by_former_hash ON tokens (former_hash);

-- +goose Down
DROP INDEX tokens_by_former_hash;
ALTER TABLE tokens DROP COLUMN former_until;
ALTER TABLE tokens DROP COLUMN former_hash;
ALTER TABLE tokens DROP COLUMN expires_at;
ALTER TABLE tokens DROP COLUMN scopes;
