-- +goose Up

-- In what way a place is like what was asked for, and the text around the hit: JSON
-- {kind, text}, sealed under the request's key. NULL in rows of earlier versions.
ALTER TABLE near_misses ADD COLUMN hit BLOB;

-- +goose Down
ALTER TABLE near_misses DROP COLUMN hit;
