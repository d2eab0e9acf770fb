-- +goose Up

-- A lane looks at the intervals of its timelines often; a dump has none, but thousands of
-- files may be among the same units.
CREATE INDEX units_timeline ON units (source) WHERE kind = 'pages' AND endpoint = 'conversations';

-- +goose Down
DROP INDEX units_timeline;
