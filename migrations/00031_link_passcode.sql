-- +goose Up

-- A link may ask for a passcode, which the person is told in another way: the SHA-256 of the
-- link's token and the passcode, so that nobody who has the database alone can try any. After
-- too many wrong ones the link has ended.
ALTER TABLE links ADD COLUMN passcode BLOB CHECK (length(passcode) = 32);
ALTER TABLE links ADD COLUMN tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0);

-- +goose Down
ALTER TABLE links DROP COLUMN tries;
ALTER TABLE links DROP COLUMN passcode;
