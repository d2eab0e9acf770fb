-- +goose Up

-- The lists of the pages choose and count by this index alone; it has every column that they
-- filter and sort by.
CREATE INDEX requests_worklists ON requests (due_at, id, status, answered_at, answer_outcome, mode, assignee, reference, created_by, conversations);

-- Which search read a source last, and which ended without having read it.
CREATE INDEX request_sources_ended ON request_sources (source, complete, ended_at) WHERE state = 'ended';

-- The log is looked through by day, by what happened and by who did it.
CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_kind ON audit_events (kind, at);
CREATE INDEX audit_events_of_actor ON audit_events (actor, at);

-- +goose Down
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_by_kind;
DROP INDEX audit_events_by_time;
DROP INDEX request_sources_ended;
DROP INDEX requests_worklists;
