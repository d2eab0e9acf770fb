-- +goose Up

-- What type of source was searched: how its records are read does not change when the
-- source is taken out of the configuration. Empty in rows of earlier versions.
ALTER TABLE request_sources ADD COLUMN type TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE request_sources DROP COLUMN type;
