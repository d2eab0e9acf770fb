-- +goose Up

-- What has changed since, in the order of the changes.
CREATE INDEX requests_by_change ON requests (updated_at, id);

-- +goose Down
DROP INDEX requests_by_change;
