-- +goose Up

-- How many messages of the person a conversation says it has, which is what counted has been
-- so far, and whether a message is one of them. Of those that are here it is not known.
ALTER TABLE records ADD COLUMN counted_own INTEGER NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN own INTEGER NOT NULL DEFAULT 1 CHECK (own IN (0, 1));
UPDATE records SET counted_own = counted, counted = 0;

-- +goose Down
UPDATE records SET counted = counted_own;
ALTER TABLE records DROP COLUMN own;
ALTER TABLE records DROP COLUMN counted_own;
