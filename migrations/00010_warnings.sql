-- +goose Up

-- Why a finished result is held in review although nothing is missing: a JSON array of
-- {code, detail, named}, sealed under data_key; NULL when there is nothing to warn of.
ALTER TABLE requests ADD COLUMN warnings BLOB;

-- +goose Down
ALTER TABLE requests DROP COLUMN warnings;
