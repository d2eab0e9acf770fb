-- +goose Up

-- What a request asks for: an archive of what is found, or (screen) only how many conversations
-- each source holds, for which no messages are collected and no archive is made. held is that: a
-- JSON object of numbers by source. What is ready or in review names an archive; that of a
-- screening has the name ''.
ALTER TABLE requests ADD COLUMN mode TEXT NOT NULL DEFAULT 'package' CHECK (mode IN ('package', 'screen'));
ALTER TABLE requests ADD COLUMN held TEXT;

-- +goose Down
ALTER TABLE requests DROP COLUMN held;
ALTER TABLE requests DROP COLUMN mode;
