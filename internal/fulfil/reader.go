package fulfil

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// reader reads one range page by page, from where it stands to its end.
type reader struct {
	l        *lane
	g        dsr.Range // Tally holds what has been counted since the last commit
	source   Source
	entries  export.Entries // the source, if it lists entries; nil otherwise
	requests []dsr.Request  // that the range is read for
	matcher  *match.Matcher
	novelty  novelty
	behind   novelty // of the tail alone
	course   course
	skewTold bool
	rows     int             // records read so far
	tries    int             // failed calls for the present page, in a row
	bad      int             // of these, whole pages that did not parse
	pausing  context.Context // ends all waiting; see lane.run
}

// errAside makes a reader stop without blame: the range was changed in the store, or
// has to wait, and the lane decides anew.
var errAside = errors.New("the range is put aside")

func (l *lane) newReader(ctx context.Context, g dsr.Range) (*reader, error) {
	r := &reader{l: l, g: g, source: l.f.sources[g.Source], novelty: newNovelty(), behind: newNovelty(), course: course{first: g.First, late: g.Last, records: g.Records}}
	r.g.Tally = dsr.Tally{}
	r.entries, _ = r.source.Export.(export.Entries)
	var queries []match.Query
	for _, id := range g.Requests {
		request, err := l.request(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read range %d: %w", g.ID, err)
		}
		r.requests = append(r.requests, request)
		queries = append(queries, match.Query{Selectors: request.Selectors, Region: r.source.Region})
	}
	fields := r.source.Export.Schema().Conversation
	if g.Endpoint == dsr.Messages { // nothing is searched for in them
		fields, queries = r.source.Export.Schema().Message, nil
	}
	var err error
	r.matcher, err = match.Compile(queries, fields)
	return r, err
}

// request returns what a request asks for, which does not change while a lane runs.
func (l *lane) request(ctx context.Context, id string) (dsr.Request, error) {
	if r, known := l.requests[id]; known {
		return r, nil
	}
	r, err := l.st.Lookup(ctx, id)
	if err == nil {
		l.requests[id] = r
	}
	return r, err
}

// run reads until the range is done or put aside; an error ends the lane's run.
// changed says whether there may be other work now than what the lane had in sight.
func (r *reader) run(ctx, pausing context.Context) (changed bool, err error) {
	r.pausing = pausing
	for {
		end, err := r.page(ctx)
		switch {
		case errors.Is(err, errAside) || errors.Is(err, ErrStopping):
			return true, nil
		case err != nil:
			return true, err
		case end:
			return r.g.Endpoint == dsr.Conversations || r.direct(), nil
		}
	}
}

// direct reports whether the range serves a short cut, whose next step may follow from it.
func (r *reader) direct() bool { return r.entries == nil && len(r.requests[0].ConversationIDs()) > 0 }

// page makes one call and commits what it brought, or deals with its failure.
func (r *reader) page(ctx context.Context) (end bool, err error) {
	if r.g.Cursor == "" && r.l.tooWide(r.g) {
		return false, r.split(ctx)
	}
	dsr.Count(&r.g.Tally.Calls, string(r.g.Endpoint), 1)
	at := placeOf(r.g)
	q := export.Query{
		Endpoint: r.g.Endpoint, Start: at.reach.Start, End: at.reach.End,
		ConversationID: r.g.ConversationID, PerPage: r.g.PerPage, Cursor: at.cursor,
	}
	page, err := r.l.fetch(ctx, r.pausing, r.source, q)
	if failure, ok := errors.AsType[*export.Error](err); ok {
		return false, r.trouble(ctx, failure)
	}
	if err != nil {
		return false, err
	}
	read, err := r.digest(q, page)
	if err != nil { // a record nested too deep to be searched
		return false, r.trouble(ctx, &export.Error{Failure: export.Unparsable, Detail: err.Error()})
	}
	r.oddities(ctx, &read, page)
	shown := r.show(&read, page, at)
	if shown.stuck {
		return false, r.stuck(ctx)
	}
	if !r.goOn(&read, page, at, shown.fresh) {
		return false, r.falseEnd(ctx)
	}
	return r.conclude(ctx, page, read)
}

// conclude commits the page. What a page says against its own chain comes after, so that
// what was found in it is kept.
func (r *reader) conclude(ctx context.Context, page export.Page, read digested) (end bool, err error) {
	read.End = read.End && !page.Moved && page.Outside == 0
	if err := r.commit(ctx, read.PageRead); err != nil {
		return false, err
	}
	switch {
	case page.Outside > 0:
		return false, r.windowIgnored(ctx, page)
	case page.Moved:
		return false, r.moved(ctx)
	}
	return read.End, nil
}

func (r *reader) commit(ctx context.Context, read dsr.PageRead) error {
	needed, err := r.l.st.CommitPage(ctx, read)
	if err != nil {
		return err
	}
	if len(needed) == 0 {
		return errAside
	}
	r.l.good(r.g.Source)
	r.l.good(unparsable(r.g.Source))
	r.tries, r.bad, r.g.Tally, r.g.Cursor = 0, 0, dsr.Tally{}, read.Cursor
	r.g.Pages++
	r.rows += int(read.Records)
	if len(read.Finds)+len(read.Seen) > 0 {
		r.l.nudge() // there may be messages to collect now
	}
	return nil
}

// width is how long a range is.
func width(g dsr.Range) time.Duration {
	return time.Duration(g.Reach.End-g.Reach.Start) * time.Second
}
