-- How a request's archive presents itself: time zone, controller, titles of the sources,
-- as JSON (dsr.Presentation). Fixed at submission; requests of older versions have the
-- defaults. No personal data of the data subject.

-- +goose Up
ALTER TABLE requests ADD COLUMN presentation TEXT NOT NULL DEFAULT '{}' CHECK (presentation LIKE '{%}');

-- +goose Down
ALTER TABLE requests DROP COLUMN presentation;
