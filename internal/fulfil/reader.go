package fulfil

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
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
	requests []dsr.Request // that the range is read for
	matcher  *match.Matcher
	novelty  novelty
	tries    int             // failed calls for the present page, in a row
	bad      int             // of these, whole pages that did not parse
	pausing  context.Context // ends all waiting; see lane.run
}

// errAside makes a reader stop without blame: the range was changed in the store, or
// has to wait, and the lane decides anew.
var errAside = errors.New("the range is put aside")

func (l *lane) newReader(ctx context.Context, g dsr.Range) (*reader, error) {
	r := &reader{l: l, g: g, source: l.f.sources[g.Source], novelty: newNovelty()}
	r.g.Tally = dsr.Tally{}
	var queries []match.Query
	for _, id := range g.Requests {
		request, err := l.request(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read range %d: %w", g.ID, err)
		}
		r.requests = append(r.requests, request)
		queries = append(queries, match.Query{Selectors: request.Selectors})
	}
	var err error
	r.matcher, err = match.Compile(queries)
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
func (r *reader) direct() bool { return len(r.requests[0].ConversationIDs()) > 0 }

// page makes one call and commits what it brought, or deals with its failure.
func (r *reader) page(ctx context.Context) (end bool, err error) {
	if r.g.Cursor == "" && r.l.tooWide(r.g) {
		return false, r.split(ctx)
	}
	dsr.Count(&r.g.Tally.Calls, string(r.g.Endpoint), 1)
	page, err := r.l.fetch(ctx, r.pausing, r.source, export.Query{
		Endpoint: r.g.Endpoint, Start: r.g.Reach.Start, End: r.g.Reach.End,
		ConversationID: r.g.ConversationID, PerPage: r.g.PerPage, Cursor: r.g.Cursor,
	})
	if failure, ok := errors.AsType[*export.Error](err); ok {
		return false, r.trouble(ctx, failure)
	}
	if err != nil {
		return false, err
	}
	read, err := r.digest(page)
	if err != nil { // a record nested too deep to be searched
		return false, r.trouble(ctx, &export.Error{Failure: export.Unparsable, Detail: err.Error()})
	}
	if r.novelty.stuck(page, read) {
		return false, r.stuck(ctx)
	}
	return read.End, r.commit(ctx, read.PageRead)
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
	r.tries, r.bad, r.g.Tally, r.g.Cursor = 0, 0, dsr.Tally{}, read.Cursor
	r.g.Pages++
	if len(read.Finds)+len(read.Seen) > 0 {
		r.l.nudge() // there may be messages to collect now
	}
	return nil
}

// digested is a page with all that follows from it.
type digested struct {
	dsr.PageRead
	ids []uint64 // hashes of the records' ids
}

// digest matches the page's records and reads the facts that steer the search.
func (r *reader) digest(page export.Page) (digested, error) {
	d := digested{PageRead: dsr.PageRead{
		RangeID: r.g.ID, Source: r.g.Source, Endpoint: r.g.Endpoint, Cursor: page.Cursor, End: page.Cursor == "", Records: int64(len(page.Records)),
		BodySum: page.SHA256, Tally: r.g.Tally, PageSize: r.source.PageSize,
	}}
	if page.Suspect {
		dsr.Count(&d.Tally.Anomalies, ruleOddEnd, 1)
	}
	for _, record := range page.Records {
		facts := r.source.Export.Facts(r.g.Endpoint, record)
		for _, rule := range facts.Anomalies {
			dsr.Count(&d.Tally.Anomalies, rule, 1)
		}
		d.ids = append(d.ids, r.novelty.hash(facts, record))
		if err := r.take(&d, record, facts); err != nil {
			return d, err
		}
	}
	return d, nil
}

// ruleOddEnd of docs/quirks.md: the chain ended with an absent or empty cursor.
const ruleOddEnd = "Q3"

func (r *reader) take(d *digested, record json.RawMessage, facts export.Facts) error {
	if r.g.Endpoint == dsr.Messages {
		return r.takeMessage(d, record, facts)
	}
	if !facts.Start.IsZero() {
		d.First, d.Last = sooner(d.First, facts.Start), later(d.Last, facts.Start)
	}
	d.Longest = max(d.Longest, facts.Active())
	hits, seen, err := r.matcher.Match(record)
	if err != nil {
		return err
	}
	for _, rule := range seen.Rules() {
		dsr.Count(&d.Tally.Anomalies, rule, 1)
	}
	for _, hit := range hits {
		request := r.requests[hit.Query]
		if len(request.ConversationIDs()) > 0 {
			d.Seen = append(d.Seen, dsr.Sighting{RequestID: request.ID, ConversationID: facts.ID})
		}
		if !facts.In(request.Window, request.AsOf) {
			continue
		}
		raw, err := compact(record)
		if err != nil {
			return err
		}
		d.Finds = append(d.Finds, dsr.Find{
			RequestID: request.ID, Messages: r.messageReach(facts, request),
			Record: dsr.Record{
				Source: r.g.Source, Kind: dsr.Conversation, ID: facts.ID, ConversationID: facts.ID,
				Start: facts.Start, LastAction: facts.LastAction, Raw: raw, Why: hit.Why,
			},
		})
	}
	return nil
}

// messageReach is where all of a conversation's messages lie: the whole account, or
// more if the conversation began before it.
func (r *reader) messageReach(facts export.Facts, request dsr.Request) dsr.Reach {
	start := r.source.Earliest
	if !facts.Start.IsZero() {
		start = earlier(start, facts.Start)
	}
	return dsr.Reach{Start: start.Unix(), End: max(start.Unix(), request.AsOf.Unix())}
}

// takeMessage keeps the messages of the conversation that was asked for. What the
// vendor returns of others is another person's and only counted.
func (r *reader) takeMessage(d *digested, record json.RawMessage, facts export.Facts) error {
	if facts.ConversationID != r.g.ConversationID {
		dsr.Count(&d.Tally.Anomalies, ruleOrphan, 1)
		if facts.ConversationID != "" {
			return nil
		}
	}
	raw, err := compact(record)
	if err != nil {
		return err
	}
	d.Finds = append(d.Finds, dsr.Find{
		RequestID: r.requests[0].ID,
		Record: dsr.Record{
			Source: r.g.Source, Kind: dsr.Message, ID: facts.ID, ConversationID: r.g.ConversationID, Time: facts.Time, Raw: raw,
		},
	})
	return nil
}

// ruleOrphan of docs/quirks.md: a message that names another conversation, or none.
const ruleOrphan = "Q10"

// compact takes white space out and leaves every other byte as it is.
func compact(record json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, record); err != nil {
		return nil, errors.New("a record is not valid JSON")
	}
	return b.Bytes(), nil
}

// novelty tells a chain that gets on from one that goes in circles. It remembers
// hashes of ids and cursors; after a resume it starts afresh, which only makes it
// notice later.
type novelty struct {
	seed    maphash.Seed
	ids     map[uint64]struct{}
	cursors map[uint64]struct{}
	dry     int // pages in a row without a new id
}

// dryPages is how many pages in a row without a new id are a stuck chain.
const dryPages = 10

func newNovelty() novelty {
	return novelty{seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}, cursors: map[uint64]struct{}{}}
}

func (n *novelty) hash(facts export.Facts, record json.RawMessage) uint64 {
	if facts.ID == "" {
		return maphash.Bytes(n.seed, record)
	}
	return maphash.String(n.seed, facts.ID)
}

// stuck takes a page in and reports whether the chain goes in circles: a cursor that
// came before, or dryPages pages, without a new id. It counts repeated ids.
func (n *novelty) stuck(page export.Page, d digested) bool {
	fresh := 0
	for _, id := range d.ids {
		if _, seen := n.ids[id]; !seen {
			n.ids[id] = struct{}{}
			fresh++
		}
	}
	dsr.Count(&d.Tally.Anomalies, ruleRepeated, int64(len(d.ids)-fresh))
	n.dry++
	if fresh > 0 {
		n.dry = 0
	}
	cursor := maphash.String(n.seed, page.Cursor)
	_, repeated := n.cursors[cursor]
	n.cursors[cursor] = struct{}{}
	return !d.End && fresh == 0 && (repeated || n.dry >= dryPages)
}

// ruleRepeated of docs/quirks.md: a record came more than once.
const ruleRepeated = "Q6"

// width is how long a range is.
func width(g dsr.Range) time.Duration {
	return time.Duration(g.Reach.End-g.Reach.Start) * time.Second
}
