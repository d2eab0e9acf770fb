-- +goose Up

-- When the session was begun, by the newest moment known: a clock that goes back does not
-- prolong it. Sessions from before end.
ALTER TABLE sessions ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sessions DROP COLUMN begun_at;
