-- +goose Up

-- How a request was answered, on which day the person was told (a day of the calendar), and
-- what staff noted about it; why an answer was taken back, and what the decision on a
-- result was given as reason. The texts are sealed.
ALTER TABLE requests ADD COLUMN answer_outcome TEXT CHECK (answer_outcome IN ('given', 'partly', 'refused', 'not_held', 'withdrawn', 'duplicate'));
ALTER TABLE requests ADD COLUMN answer_told_on TEXT CHECK (answer_told_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]');
ALTER TABLE requests ADD COLUMN answer_note BLOB;
ALTER TABLE requests ADD COLUMN reopen_reason BLOB;
ALTER TABLE requests ADD COLUMN decision_note BLOB;

-- Until now only what had an archive could be answered.
UPDATE requests SET answer_outcome = iif(conversations = 0, 'not_held', 'given'), answer_told_on = date(answered_at / 1000, 'unixepoch')
WHERE answered_at IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER requests_answer BEFORE UPDATE OF answered_at, answer_outcome, answer_told_on ON requests
WHEN (NEW.answered_at IS NULL) <> (NEW.answer_outcome IS NULL) OR (NEW.answered_at IS NULL) <> (NEW.answer_told_on IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'an answer has a time, an outcome and a day');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER requests_answer;
ALTER TABLE requests DROP COLUMN decision_note;
ALTER TABLE requests DROP COLUMN reopen_reason;
ALTER TABLE requests DROP COLUMN answer_note;
ALTER TABLE requests DROP COLUMN answer_told_on;
ALTER TABLE requests DROP COLUMN answer_outcome;
