-- +goose Up

-- The files that this database has put, or is about to put, into the archive folder.
-- A name is committed before its file is begun and goes after the file has gone; no
-- other file there is ever deleted. finished: the file was once a request's archive.
CREATE TABLE archive_files (
    name       TEXT PRIMARY KEY CHECK (name <> ''),
    request_id TEXT NOT NULL REFERENCES requests (id),
    finished   INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX archive_files_by_request ON archive_files (request_id);

INSERT INTO archive_files (name, request_id, finished)
    SELECT archive_name, id, 1 FROM requests WHERE archive_name IS NOT NULL;

-- +goose Down
DROP TABLE archive_files;
