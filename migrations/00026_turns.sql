-- Jobs of one kind take turns by their lines, so that what waits for an idle source is not
-- behind thousands that wait for a busy one. Owned by internal/jobs.

-- +goose Up
ALTER TABLE jobs ADD COLUMN line TEXT NOT NULL DEFAULT '' CHECK (length(line) <= 512);
ALTER TABLE jobs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0 CHECK (turn >= 0); -- claimed in this order

DROP INDEX jobs_claim;
CREATE INDEX jobs_claim ON jobs (kind, turn, run_at, id) WHERE state <> 'dead';
CREATE INDEX jobs_lines ON jobs (kind, line, turn) WHERE state <> 'dead';

-- +goose Down
DROP INDEX jobs_lines;
DROP INDEX jobs_claim;
CREATE INDEX jobs_claim ON jobs (kind, run_at, id) WHERE state <> 'dead';
ALTER TABLE jobs DROP COLUMN turn;
ALTER TABLE jobs DROP COLUMN line;
