-- The queue. Owned by internal/jobs, which draws the states; the CHECKs and triggers
-- repeat them, so that no statement from anywhere else can break them. Times are UTC
-- unix milliseconds. A finished job is deleted: its effects and their audit events
-- are the record. Arguments and errors carry no personal data.

-- +goose Up
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, so an old lease cannot fit a new job
    kind         TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    key          TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
    args         TEXT    NOT NULL CHECK (args LIKE '{%}'),
    state        TEXT    NOT NULL CHECK (state IN ('due', 'running', 'dead')),
    work         INTEGER NOT NULL DEFAULT 1 CHECK (work IN (0, 1)), -- 0: a command holds the key, nothing is queued
    run_at       INTEGER NOT NULL,
    wakes        INTEGER NOT NULL DEFAULT 0 CHECK (wakes >= 0),
    claim        INTEGER NOT NULL DEFAULT 0 CHECK (claim >= 0), -- number of the latest claim: the fence
    taken_over   INTEGER NOT NULL DEFAULT 0 CHECK (taken_over IN (0, 1)), -- a holder did not give it back
    attempts     INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), -- used up since the last committed step
    max_attempts INTEGER NOT NULL CHECK (max_attempts > 0),
    stalls       INTEGER NOT NULL DEFAULT 0 CHECK (stalls >= 0), -- runs in a row that storage stopped
    leased_until INTEGER,
    owner        TEXT CHECK (owner IN ('serve', 'command')),
    worker       TEXT,
    last_error   TEXT CHECK (length(last_error) <= 1000), -- NULL: the last run ended without
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    CHECK ((state = 'running') = (leased_until IS NOT NULL)),
    CHECK ((state = 'running') = (owner IS NOT NULL)),
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK (state <> 'dead' OR last_error IS NOT NULL),
    CHECK (state = 'running' OR work = 1)
) STRICT;

-- One unfinished job per kind and key; the dead are kept beside it.
CREATE UNIQUE INDEX jobs_unfinished ON jobs (kind, key) WHERE state <> 'dead';

-- The claim reads one kind in the order of run_at.
CREATE INDEX jobs_claim ON jobs (kind, run_at, id) WHERE state <> 'dead';

-- +goose StatementBegin
CREATE TRIGGER jobs_moves BEFORE UPDATE ON jobs
WHEN NOT (OLD.state = NEW.state
       OR OLD.state = 'due' AND NEW.state = 'running'
       OR OLD.state = 'running' AND NEW.state IN ('due', 'dead'))
BEGIN
    SELECT RAISE(ABORT, 'jobs: not a legal move');
END;
-- +goose StatementEnd

-- Whoever starts to hold a job counts as a new claim; nobody can step back behind one.
-- +goose StatementBegin
CREATE TRIGGER jobs_fence BEFORE UPDATE ON jobs
WHEN NEW.claim < OLD.claim
  OR NEW.state = 'running' AND NEW.claim = OLD.claim
     AND (OLD.state <> 'running' OR NEW.worker <> OLD.worker)
BEGIN
    SELECT RAISE(ABORT, 'jobs: a new holder needs a new claim');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE jobs;
