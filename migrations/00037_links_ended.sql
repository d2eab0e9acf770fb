-- +goose Up

-- Whoever hands archives over may end a link before its time.
ALTER TABLE links ADD COLUMN ended_at INTEGER;

-- +goose Down
ALTER TABLE links DROP COLUMN ended_at;
