-- +goose Up

-- The declaration by which a source was searched: a JSON object {name, version, sha256, fields};
-- empty: its type says all there is to say. Archives are made, and made again, by it.
ALTER TABLE request_sources ADD COLUMN declaration TEXT NOT NULL DEFAULT '';

-- Codes of what is known to be missing of a conversation, each with a blank behind it.
ALTER TABLE records ADD COLUMN lacks TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE records DROP COLUMN lacks;
ALTER TABLE request_sources DROP COLUMN declaration;
