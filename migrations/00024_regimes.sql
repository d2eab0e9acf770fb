-- +goose Up

-- The law that a deadline follows from, and by how much the deadline was extended in that
-- law's unit: until now months of the GDPR, which the deadline itself tells.
ALTER TABLE requests ADD COLUMN regime TEXT NOT NULL DEFAULT 'gdpr' CHECK (regime IN ('gdpr', 'uk', 'ccpa', 'lgpd', 'ch'));
ALTER TABLE requests ADD COLUMN extended_by INTEGER NOT NULL DEFAULT 0 CHECK (extended_by >= 0);
UPDATE requests SET extended_by = iif(due_at - received_at > 75 * 86400000, 2, 1) WHERE extended = 1;

-- When the clock of a deadline rests: from the day on which the data subject was asked for
-- something to the day of the answer, days of the calendar. One at a time.
CREATE TABLE pauses (
    request_id  TEXT NOT NULL REFERENCES requests (id),
    asked_on    TEXT NOT NULL CHECK (asked_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    answered_on TEXT CHECK (answered_on >= asked_on),
    reason      TEXT NOT NULL CHECK (reason IN ('identity', 'clarification', 'fee'))
) STRICT;

CREATE UNIQUE INDEX pauses_one_open ON pauses (request_id) WHERE answered_on IS NULL;
CREATE INDEX pauses_of_request ON pauses (request_id, asked_on);

-- +goose Down
DROP TABLE pauses;
ALTER TABLE requests DROP COLUMN extended_by;
ALTER TABLE requests DROP COLUMN regime;
