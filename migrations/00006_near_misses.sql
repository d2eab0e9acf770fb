-- +goose Up

-- Where something like what a request asks for stands in conversations that do not
-- belong to it. vendor_key equals records.vendor_key, path_key is the HMAC of the path;
-- what stands there is not kept. Past a bound they are only counted, in near_untold.
CREATE TABLE near_misses (
    request_id TEXT NOT NULL,
    source     TEXT NOT NULL,
    vendor_key BLOB NOT NULL,
    path_key   BLOB NOT NULL,
    vendor_id  BLOB NOT NULL,
    path       BLOB NOT NULL,
    PRIMARY KEY (request_id, source, vendor_key, path_key),
    FOREIGN KEY (request_id, source) REFERENCES request_sources (request_id, source) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

ALTER TABLE request_sources ADD COLUMN near_untold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN near_misses INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE requests DROP COLUMN near_misses;
ALTER TABLE request_sources DROP COLUMN near_untold;
DROP TABLE near_misses;
